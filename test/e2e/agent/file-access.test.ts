import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentProcess } from "../../support/agent/agent-process.ts";
import { setOnlineScene } from "../../support/agent/agent-scene.ts";
import type { FaultyServer } from "../../support/agent/faulty-server.ts";
import { eventually } from "../../support/eventually.ts";

/** Who may read the key's file changes, and nothing else: said once, and the executor stays as it is. */
describe.concurrent("a change of mode alone", { timeout: 120_000 }, () => {
  it("of agent.toml is said each time that it opens the key to others, and not when it closes", async () => {
    await using scene = await setOnlineScene();
    await openAndClose(scene.home.configPath, scene.agent, scene.server);
  });

  it("of a key file as well", async () => {
    await using scene = await setOnlineScene();
    const { agent, home, key, server } = scene;
    const keyFile = join(dirname(home.configPath), "key");
    writeFileSync(keyFile, key, { mode: 0o600 });
    home.write({ url: server.url, keyFile });
    await agent.waitForLine("config.applied", /access_token_file/, 60_000);
    await openAndClose(keyFile, agent, server);
  });
});

async function openAndClose(path: string, agent: AgentProcess, server: FaultyServer): Promise<void> {
  const { since, key } = await agent.status();
  const from = agent.lines.length;
  const warnings = () => agent.lines.slice(from).filter(({ event }) => event === "key.warning");
  for (const time of [1, 2]) {
    chmodSync(path, 0o644);
    // That the system notifies of it is in heard-changes.test.ts.
    const warning = await eventually(() => warnings()[time - 1], {
      describe: "a warning",
      timeoutMs: 60_000,
    });
    expect(warning.message).toMatch(/^The key \w+ in .* every user of this host can read .*mode 0644\)\. /);
    await syncsTwice(server);
    chmodSync(path, 0o600);
    // Longer than a look at the files and their settling take.
    await syncsTwice(server);
    await syncsTwice(server);
  }
  expect(agent.lines.slice(from)).toEqual(warnings());
  expect(warnings()).toHaveLength(2);
  const after = await agent.status();
  expect(after).toMatchObject({ state: "online", key, pendingChange: null });
  expect(after.since).toBe(since);
}

async function syncsTwice({ requests }: FaultyServer): Promise<void> {
  const from = requests.length;
  await eventually(() => requests.length >= from + 2, { describe: "two more syncs", timeoutMs: 60_000 });
}
