import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import {
  type AgentHome,
  type AgentProcess,
  agentHome,
  startAgent,
} from "../../support/agent/agent-process.ts";
import type { TestControlPlane } from "../../support/control-plane/control-plane.ts";
import { startWithPeople } from "../../support/control-plane/people.ts";
import { type AtEnd, lacksBrowser, useBrowser } from "../../support/page/browser.ts";
import {
  choose,
  createKey,
  rowOf,
  type ShownKey,
  signIn,
  statusOf,
  storeKey,
} from "../../support/page/operator.ts";
import { CLOCK, DATE_SUFFIX } from "../../support/page/times.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const browse = useBrowser();

// Concurrent, because they mostly wait for syncs and for the page's next look.
describe
  .skipIf(lacksBrowser)
  .concurrent("the rotation recipe, on the page and with the real agent beside it", () => {
    it("a second key, the agent takes it, the page says so, the first is revoked: no sync refused", async ({
      onTestFinished,
    }) => {
      const { page, controlPlane, agent, home } = await connected(onTestFinished, "agent-1");
      await createKey(page, { target: "agent-1", name: "second" }).then((key) => paste(home, key));
      await expectOnNewKey(page, "second", "agent-1");
      await rowOf(page, "second").getByRole("link", { name: "agent-1" }).waitFor();

      const dialog = await choose(page, "agent-1", "Revoke");
      await dialog.getByText("No executor uses this key now, so nobody is refused.").waitFor();
      await dialog.getByRole("button", { name: "Revoke" }).click();
      await statusOf(page, "agent-1").getByText("Revoked").waitFor();
      await page.goto(`${controlPlane.url}/executors`);
      await page
        .getByRole("row", { name: /agent-1/ })
        .getByText("Online")
        .waitFor();
      expect(controlPlane.refusedSyncs()).toEqual([]);
      expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
    });

    it("rotated in one step, the executor is back with the new key as soon as it is pasted", async ({
      onTestFinished,
    }) => {
      const { page, agent, home } = await connected(onTestFinished, "agent-2");
      const dialog = await choose(page, "agent-2", "Rotate");
      await dialog.getByText(/agent-2 is refused at the next heartbeat/).waitFor();
      await dialog.getByLabel("Revoke it now").check();
      await dialog.getByRole("button", { name: "Rotate" }).click();
      const key = await storeKey(page);
      await page.getByText("waiting for agent-2…").waitFor();
      await agent.waitForLine("key.refused", /revoked/);

      paste(home, key);
      await expectOnNewKey(page, `agent-2 ${DATE_SUFFIX}`, "agent-2");
      await page.getByText(/^The old key, agent-2 [0-9a-f]{8}, is revoked\.$/).waitFor();
      await (await choose(page, "agent-2", "Delete")).getByRole("button", { name: "Delete" }).click();
      await rowOf(page, "agent-2").waitFor({ state: "detached" });
    });

    it("rotated with a grace date, nothing is refused, and the old key ends when the page revokes it", async ({
      onTestFinished,
    }) => {
      const { page, controlPlane, home } = await connected(onTestFinished, "agent-3");
      const dialog = await choose(page, "agent-3", "Rotate");
      await dialog.getByLabel("Keep it for 24 h").check();
      await dialog.getByRole("button", { name: "Rotate" }).click();
      const key = await storeKey(page);
      await rowOf(page, "agent-3")
        .getByText(/^will be revoked in \d+ h$/)
        .waitFor();
      paste(home, key);
      await page.getByText("agent-3 is on it since").waitFor();
      await page.getByText(/Nobody is on the old key, agent-3 [0-9a-f]{8}, any more/).waitFor();
      await page.getByRole("button", { name: "Revoke the old key" }).click();
      await page.getByText(/^The old key, agent-3 [0-9a-f]{8}, is revoked\.$/).waitFor();
      await statusOf(page, "agent-3").getByText("Revoked").waitFor();
      expect(controlPlane.refusedSyncs()).toEqual([]);
    });

    it("revoked first, the agent says so, the page shows it offline, and a new key brings it back", async ({
      onTestFinished,
    }) => {
      const { page, controlPlane, agent, home } = await connected(onTestFinished, "agent-4", {
        HEARTBEAT_TIMEOUT_MS: "2000",
      });
      await page.getByRole("link", { name: "Executors" }).click();
      await page.getByRole("link", { name: "agent-4", exact: true }).click();
      await page.getByRole("button", { name: "Revoke executor access" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke access" }).click();
      const line = await agent.waitForLine("key.refused", /revoked/);
      expect(line.level).toBe("error");
      await page.getByText("Offline", { exact: true }).waitFor();
      await page.goto(`${controlPlane.url}/api-keys`);
      await statusOf(page, "agent-4").getByText("Revoked").waitFor();

      const key = await createKey(page, { target: "agent-4", name: "emergency" });
      await page.getByText("waiting for agent-4…").waitFor();
      paste(home, key);
      await expectOnNewKey(page, "emergency", "agent-4");
      await page.getByRole("link", { name: "Executors" }).click();
      await page
        .getByRole("row", { name: /agent-4/ })
        .getByText("Online")
        .waitFor();
    });
  });

interface Connected {
  readonly page: Page;
  readonly controlPlane: TestControlPlane;
  readonly agent: AgentProcess;
  readonly home: AgentHome;
}

/** A signed-in admin, and an agent online with the key that they created on the page for it. */
async function connected(
  atEnd: AtEnd,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const controlPlane = await startWithPeople({ env });
  atEnd(async () => void (await controlPlane.stop()));
  const page = await browse({ atEnd });
  await signIn(page, controlPlane.url);
  await page.getByText("No API keys yet").waitFor();
  const { secret } = await createKey(page, { name });
  await page.getByText("waiting for an executor to use it…").waitFor();
  const directory = temporaryDirectory();
  atEnd(directory.remove);
  const home = agentHome(directory.path);
  home.write({ url: controlPlane.url, key: secret, name });
  const agent = startAgent({
    configPath: home.configPath,
    runtimeDir: home.runtimeDir,
    dataDir: home.dataDir,
  });
  atEnd(async () => await agent[Symbol.asyncDispose]());
  await page.getByText(`${name} is on it since`).waitFor();
  await page.getByRole("button", { name: `Dismiss ${name}` }).click();
  return { page, controlPlane, agent, home };
}

/** Replaces the line in agent.toml with the dialog's, as an operator does. */
function paste(home: AgentHome, { tomlLine }: ShownKey): void {
  const text = readFileSync(home.configPath, "utf8");
  writeFileSync(home.configPath, text.replace(/^access_token = .*$/m, tomlLine));
}

async function expectOnNewKey(page: Page, keyName: string, executor: string): Promise<void> {
  const followed = page.getByRole("region", { name: new RegExp(`^Progress of ${keyName}$`, "u") });
  const line = followed.getByText(`${executor} is on it since`);
  await line.waitFor();
  expect(await line.textContent()).toMatch(new RegExp(`since ${CLOCK}$`, "u"));
}
