import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../src/protocol/fingerprint.ts";
import { startAgent } from "../support/agent-process.ts";
import { startFaultyServer } from "../support/faulty-server.ts";
import { makeKey } from "../support/keys.ts";
import { command, home, knowing, onlineAgent } from "./command.ts";

describe("reload", () => {
  it("returns once the agent took it, however long the verdict takes", async () => {
    const key = makeKey();
    await using server = await startFaultyServer();
    server.respond(knowing(key));
    const place = home();
    place.write({ url: server.url, key });
    await using agent = await onlineAgent(place, key);
    server.respond(() => {});
    place.write({ url: server.url, key: makeKey() });
    const startedAt = performance.now();
    const { code, stdout } = await command(["reload", "-c", place.configPath]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "The agent reads its files now. What came of it: novacula-agent status\n",
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await agent.waitForLine("reload.requested");
  });

  it("--wait is good when the files are in use and accepted", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await using server = await startFaultyServer();
    server.respond(knowing(old, fresh));
    const place = home();
    place.write({ url: server.url, key: old });
    await using _agent = await onlineAgent(place, old);
    place.write({ url: server.url, key: fresh });
    const { code, stdout } = await command(["reload", "--wait", "-c", place.configPath]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Online with key ${keyFingerprint(fresh)}`);
  });

  it("--wait is bad when they are not, though the executor stays online", async () => {
    const key = makeKey();
    await using server = await startFaultyServer();
    server.respond(knowing(key));
    const place = home();
    place.write({ url: server.url, key });
    await using _agent = await onlineAgent(place, key);
    place.write({ url: server.url, key: makeKey() });
    const refused = await command(["reload", "--wait", "-c", place.configPath]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^Online with key .*\nChange in the file refused: /u);
    writeFileSync(place.configPath, `${place.toml({ url: server.url, key })}[loging]\n`);
    const invalid = await command(["reload", "--wait", "-c", place.configPath]);
    expect(invalid.code).toBe(1);
    expect(invalid.stdout).toMatch(/Change in the file unusable: .*Did you mean \[logging\]\?/u);
  });

  it("--wait cannot tell while the control plane is away", async () => {
    const key = makeKey();
    await using server = await startFaultyServer();
    server.respond(knowing(key));
    const place = home();
    place.write({ url: server.url, key });
    await using _agent = await onlineAgent(place, key);
    await server.stop();
    place.write({ url: server.url, key: makeKey() });
    const { code, stdout } = await command(["reload", "--wait", "-c", place.configPath]);
    expect(code).toBe(2);
    expect(stdout).toMatch(/Change in the file (not tried yet|being tried): /u);
  });
});

describe("retry", () => {
  it("has a refused key tried at once", async () => {
    const key = makeKey();
    await using server = await startFaultyServer();
    server.respond(knowing());
    const place = home();
    place.write({ url: server.url, key });
    await using agent = startAgent(place);
    await agent.waitForStatus(({ state, attempts }) => state === "key-refused" && attempts >= 3, 20_000);
    server.respond(knowing(key));
    const { code, stdout } = await command(["retry", "-c", place.configPath]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "The agent tries now whatever waits. What came of it: novacula-agent status\n",
    });
    await agent.waitForStatus(({ state }) => state === "online", 1500);
  });
});

it.each(["reload", "retry"])("%s ends with 3 where no agent runs", async (name) => {
  const place = home();
  place.write({ url: "http://127.0.0.1:1", key: makeKey() });
  const { code, stdout, stderr } = await command([name, "-c", place.configPath]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toMatch(/^No agent runs here: there is no \S+\/agent\.sock\.\n$/u);
});
