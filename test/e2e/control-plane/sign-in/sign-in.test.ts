import { expect, it, onTestFinished } from "vitest";
import { ADMIN, openBrowser, startWithPeople } from "../../../support/control-plane/people.ts";

const VIEWER =
  "{ viewer { user { name email } activeOrganization { name slug } role organizations { role } heartbeatTimeoutMs } }";

it("lets the first admin sign in, see the first organization and create a key in it", async () => {
  const controlPlane = await startWithPeople({ env: { HEARTBEAT_TIMEOUT_MS: "5000" } });
  onTestFinished(async () => void (await controlPlane.stop()));
  const browser = openBrowser(controlPlane.url);
  expect((await browser.graphql(VIEWER)).data).toEqual({ viewer: null });
  expect(await browser.graphql("{ apiKeys { id } }")).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  expect(await browser.signIn()).toMatchObject({ status: 200 });
  expect((await browser.graphql(VIEWER)).data).toEqual({
    viewer: {
      user: { name: "admin", email: ADMIN.email },
      activeOrganization: { name: "Default", slug: "default" },
      role: "owner",
      organizations: [{ role: "owner" }],
      heartbeatTimeoutMs: 5000,
    },
  });
  const created = await browser.graphql(
    'mutation { createApiKey(input: { name: "prod" }) { secret apiKey { id } } }',
  );
  expect(created.text).toContain('"secret":"exc_');
  expect((await browser.graphql("{ auditEvents { action actor source } }")).data).toEqual({
    auditEvents: [{ action: "api_key.created", actor: `admin <${ADMIN.email}>`, source: "page" }],
  });
  expect(await browser.post("/sign-out", {})).toMatchObject({ status: 200 });
  expect((await browser.graphql(VIEWER)).data).toEqual({ viewer: null });
});
