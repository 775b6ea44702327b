import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentHome, startAgent } from "../../support/agent/agent-process.ts";
import { command } from "../../support/agent/command.ts";
import { type FaultyServer, startFaultyServer } from "../../support/agent/faulty-server.ts";
import { testCertificates } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { hangFolder, LACKS_FUSE } from "../../support/fuse-folder.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/**
 * A host whose key, and all else that `inFolder` names, is in a folder of its own; the agent runs
 * as a service.
 */
async function scene({ allInFolder = false } = {}) {
  await using unfinished = new AsyncDisposableStack();
  const directory = unfinished.use(temporaryDirectory());
  const folder = join(directory.path, "secrets");
  mkdirSync(folder);
  const server = unfinished.use(await startFaultyServer());
  const key = makeKey();
  server.respond(onlyFor([key]));
  const home = agentHome(directory.path, join(allInFolder ? folder : directory.path, "agent.toml"));
  const keyFile = join(folder, "key");
  writeFileSync(keyFile, key, { mode: 0o600 });
  const caFile = join(allInFolder ? folder : directory.path, "ca.pem");
  writeFileSync(caFile, (await testCertificates()).caPem);
  // By name: a look-up takes a thread of those that look at files.
  home.write({ url: server.url.replace("127.0.0.1", "localhost"), keyFile, caFile });
  const agents = unfinished.use(new AsyncDisposableStack());
  const start = () => agents.use(startAgent({ ...home, environment: { INVOCATION_ID: "test" } }));
  const finished = unfinished.move();
  return {
    folder,
    keyFile,
    key,
    server,
    home,
    start,
    run: (...words: readonly string[]) => command([...words, "-c", home.configPath]),
    [Symbol.asyncDispose]: () => finished.disposeAsync(),
  };
}

async function reconnects(server: FaultyServer): Promise<void> {
  for (const _ of [1, 2]) {
    const from = server.requests.length;
    server.cutConnections();
    await eventually(() => server.requests.length >= from + 2, {
      describe: "two more syncs",
      timeoutMs: 20_000,
    });
  }
}

describe.skipIf(LACKS_FUSE)("a key file that hangs", () => {
  it("leaves the executor online, is named once, and once when it answers again", {
    timeout: 120_000,
  }, async () => {
    await using place = await scene();
    const agent = place.start();
    await agent.waitForLine("key.accepted", /^/, 20_000);
    const hanging = await hangFolder(place.folder);
    try {
      await agent.post("reload");
      const line = await agent.waitForLine("key.unusable", /^/, 60_000);
      expect(line.message).toContain(`${place.keyFile} has not answered since `);
      expect(line.message).toContain("Still online with key ");
      await reconnects(place.server);
      const status = await place.run("status");
      expect(status).toMatchObject({ code: 0 });
      expect(status.stdout).toContain("has not answered since ");
      expect(hanging.isMounted()).toBe(true);
    } finally {
      await hanging.release();
    }
    await agent.waitForLine("config.restored", /^/, 60_000);
    const events = agent.lines.map(({ event }) => event);
    expect(events.filter((event) => event !== "reload.requested")).toEqual([
      "agent.started",
      "key.accepted",
      "key.unusable",
      "config.restored",
    ]);
    expect(await agent.stop()).toBe(0);
  });

  it.for([
    ["check", 1],
    ["doctor", 1],
    ["set-key", 1],
    ["run", 78],
    ["check --key-file KEY", 1],
  ] as const)("keeps %s from nothing but its key", async ([words, code]) => {
    await using place = await scene();
    await using hanging = await hangFolder(place.folder);
    const args = words.replace("KEY", place.keyFile).split(" ");
    const result = await command([...args, "-c", place.home.configPath], { input: place.key });
    expect(result).toMatchObject({ code });
    expect(result.output).toContain(" has not answered since ");
    expect(hanging.isMounted()).toBe(true);
  });

  it("holds up no start: the key is taken when the file answers", { timeout: 120_000 }, async () => {
    await using place = await scene();
    const hanging = await hangFolder(place.folder);
    const agent = place.start();
    try {
      await agent.waitForStatus(({ state }) => state === "key-unusable", 30_000);
    } finally {
      await hanging.release();
    }
    await agent.waitForLine("key.accepted", /^/, 60_000);
    expect(await agent.stop()).toBe(0);
  });

  it("does not keep the agent from stopping", { timeout: 120_000 }, async () => {
    await using place = await scene();
    const agent = place.start();
    await agent.waitForLine("key.accepted", /^/, 20_000);
    await using hanging = await hangFolder(place.folder);
    await agent.post("reload");
    expect(await place.run("status")).toMatchObject({ code: 0 });
    expect(await agent.stop()).toBe(0);
    expect(hanging.isMounted()).toBe(true);
    expect(agent.lines.at(-1)?.event).toBe("agent.stopped");
  });
});

describe.skipIf(LACKS_FUSE)("agent.toml, key and CA that all hang", () => {
  it("leave threads for names, and keep the agent neither online nor from stopping", {
    timeout: 120_000,
  }, async () => {
    await using place = await scene({ allInFolder: true });
    const agent = place.start();
    await agent.waitForLine("key.accepted", /^/, 20_000);
    await using hanging = await hangFolder(place.folder);
    await agent.post("reload");
    await agent.waitForLine("config.invalid", /agent\.toml: has not answered since /, 60_000);
    // Until the looks at all three hang as well.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    await reconnects(place.server);
    expect(await agent.status()).toMatchObject({ state: "online" });
    expect(await agent.stop()).toBe(0);
    expect(hanging.isMounted()).toBe(true);
  });
});
