import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentHome, render, startAgent } from "../../support/agent/agent-process.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { hangFolder, LACKS_FUSE } from "../../support/fuse-folder.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const NOBODY = 65534;

/** A host of the user nobody, on which one of the agent's folders hangs. */
async function scene(hangs: "dataDir" | "runtimeDir", uid: number) {
  await using unfinished = new AsyncDisposableStack();
  const directory = unfinished.use(temporaryDirectory());
  const server = unfinished.use(await startFaultyServer());
  const key = makeKey();
  server.respond(onlyFor([key]));
  const home = agentHome(directory.path);
  home.write({ url: server.url, key });
  mkdirSync(home.runtimeDir);
  for (const path of [directory.path, home.dataDir, home.runtimeDir, home.configPath]) {
    chownSync(path, NOBODY, NOBODY);
  }
  chmodSync(directory.path, 0o755);
  const hanging = unfinished.use(await hangFolder(home[hangs]));
  const agent = unfinished.use(startAgent({ configPath: home.configPath, runtimeDir: home.runtimeDir, uid }));
  const finished = unfinished.move();
  return { agent, home, hanging, [Symbol.asyncDispose]: () => finished.disposeAsync() };
}

describe.skipIf(LACKS_FUSE)("a start on which a folder hangs", () => {
  it("names data_dir, and the executor is online without it", async () => {
    await using place = await scene("dataDir", NOBODY);
    const { agent, home, hanging } = place;
    const line = await agent.waitForLine("state.unwritable", /a second one/, 30_000);
    expect(line.message).toContain(`data_dir ${home.dataDir} has not answered since `);
    expect(line.message).toContain("check the mount that it is on");
    await agent.waitForLine("key.accepted", /^/, 30_000);
    expect(hanging.isMounted()).toBe(true);
    expect(await agent.stop()).toBe(0);
  });

  it.for([
    ["runtime_dir", "runtimeDir", NOBODY],
    ["runtime_dir, as root", "runtimeDir", 0],
    ["data_dir, as root: it is perhaps another user's", "dataDir", 0],
  ] as const)("ends, and names %s", async ([, hangs, uid]) => {
    await using place = await scene(hangs, uid);
    const { agent, home, hanging } = place;
    expect(await agent.exited()).toMatchObject({ code: 1 });
    expect(render(agent.lines)).toContain(`${home[hangs]} has not answered since `);
    expect(render(agent.lines)).toContain("check the mount that it is on");
    expect(hanging.isMounted()).toBe(true);
  });
});
