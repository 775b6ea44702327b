import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isFromOwnPage } from "../../../../src/control-plane/http/same-origin.ts";
import type { PageAssets } from "../../../../src/control-plane/page/page-assets.ts";
import { ORIGIN, startPeopleServer } from "../../../support/control-plane/people.ts";

const OTHER = "https://elsewhere.example";
const LOOKS = ["GET", "HEAD"];
const FOREIGN = ["same-site", "cross-site", "nonsense", "", "same-origin, same-origin", "Same-Origin"];

const METHODS = [...LOOKS, "POST", "PUT", "DELETE", "OPTIONS", undefined];
const SITES = [undefined, "same-origin", "none", ...FOREIGN];
const ORIGINS = [undefined, ORIGIN, OTHER, "null", `${ORIGIN}.example`, `${ORIGIN}, ${ORIGIN}`];
const MODES = [undefined, "navigate", "cors", "no-cors", "websocket", "nonsense"];
const DESTINATIONS = [undefined, "document", "iframe", "frame", "object", "image", "script", "empty"];
const ASKED = ["document", "data"] as const;

interface Sent {
  readonly method: string | undefined;
  readonly site: string | undefined;
  readonly origin: string | undefined;
  readonly mode: string | undefined;
  readonly destination: string | undefined;
  readonly asked: (typeof ASKED)[number];
}

/** Every request that is accepted: a property that a row leaves out may be anything. */
const ALLOWED: readonly { readonly [Name in keyof Sent]?: readonly (string | undefined)[] }[] = [
  { site: [undefined], method: LOOKS },
  { site: [undefined], origin: [ORIGIN] },
  { site: ["same-origin"], method: LOOKS },
  { site: ["same-origin"], origin: [undefined, ORIGIN] },
  { site: ["none"], method: LOOKS },
  { site: FOREIGN, method: ["GET"], mode: ["navigate"], destination: ["document"], asked: ["document"] },
];

function* everyRequest(): Generator<Sent> {
  for (const method of METHODS) {
    for (const site of SITES) {
      for (const origin of ORIGINS) {
        for (const mode of MODES) {
          for (const destination of DESTINATIONS) {
            for (const asked of ASKED) {
              yield { method, site, origin, mode, destination, asked };
            }
          }
        }
      }
    }
  }
}

function isAllowed({ method, site, origin, mode, destination, asked }: Sent): boolean {
  const sent = { method, site, origin, mode, destination, asked };
  return ALLOWED.some((row) =>
    Object.entries(sent).every(([name, value]) => {
      const values = Object.entries(row).find(([key]) => key === name)?.[1];
      return values === undefined || values.includes(value);
    }),
  );
}

function headersOf({ site, origin, mode, destination }: Sent): Record<string, string> {
  const headers = {
    ...{ "sec-fetch-site": site, origin },
    ...{ "sec-fetch-mode": mode, "sec-fetch-dest": destination },
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const PAGE: PageAssets = {
  find: (file) =>
    file === "index.html" || file === "assets/page.js"
      ? { contentType: "text/html", plain: { body: Buffer.from("x"), etag: '"1"' }, coded: {} }
      : undefined,
};
const viewer = z.object({ viewer: z.object({ activeOrganization: z.object({ slug: z.string() }) }) });

describe("the origin of a browser's request", () => {
  it("is judged the same way for every method, target and combination of headers", () => {
    const wrong: string[] = [];
    let count = 0;
    for (const sent of everyRequest()) {
      count += 1;
      const { method, asked } = sent;
      const actual = isFromOwnPage({ method, headers: headersOf(sent) }, asked, ORIGIN);
      if (actual !== isAllowed(sent)) {
        wrong.push(JSON.stringify(sent));
      }
    }
    expect(count).toBe(
      METHODS.length * SITES.length * ORIGINS.length * MODES.length * DESTINATIONS.length * ASKED.length,
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    [
      "a link",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ],
    [
      "a sibling's link",
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ],
    ["a frame", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }],
    ["an image", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["a script", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }],
  ])("limits %s of another site to documents in a tab", async (_what, headers) => {
    const server = await startPeopleServer({ pageAssets: PAGE });
    const owner = await server.signedIn("owner");
    const isLink = headers["sec-fetch-dest"] === "document";
    const organization = await server.store.organizations.find("acme");
    for (const path of [
      "/api/auth/get-session",
      "/api/auth/organization/list",
      `/api/auth/organization/get-full-organization?organizationId=${organization?.id}`,
      "/api/auth/organization/get-full-organization?organizationId=none",
      "/api/auth/nothing",
    ]) {
      expect(await owner.get(path, headers), path).toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
    for (const path of ["/", "/members", "/invitation/abc", "/assets/page.js"]) {
      expect((await owner.get(path, headers)).status, path).toBe(isLink ? 200 : 403);
    }
    for (const origin of ["", OTHER, ORIGIN, "null"]) {
      const sent = { ...headers, origin };
      expect((await owner.post("/sign-out", {}, sent)).status).toBe(403);
      expect((await owner.graphql("{ viewer { user { id } } }", {}, sent)).status).toBe(403);
    }
    const answer = await owner.graphql("{ viewer { activeOrganization { slug } } }");
    expect(viewer.parse(answer.data).viewer.activeOrganization.slug).toBe("acme");
  });

  it("does not matter for the page's own requests, typed addresses and executors", async () => {
    const server = await startPeopleServer({ pageAssets: PAGE });
    const owner = await server.signedIn("owner");
    const { secret } = await server.createKey();
    const own = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
    const typed = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    for (const headers of [own, typed, {}]) {
      expect((await owner.get("/", headers)).status).toBe(200);
      expect((await owner.get("/assets/page.js", headers)).status).toBe(200);
      expect((await owner.get("/api/auth/get-session", headers)).status).toBe(200);
      expect((await owner.get("/healthz", headers)).status).toBe(200);
    }
    expect((await owner.graphql("{ viewer { user { id } } }", {}, own)).status).toBe(200);
    expect((await server.sync(secret)).status).toBe(200);
    const elsewhere = { "sec-fetch-site": "cross-site" };
    expect((await owner.get("/healthz", elsewhere)).status).toBe(200);
  });
});
