import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { keyFingerprint } from "../../src/protocol/fingerprint.ts";
import { keepText } from "../support/canary.ts";
import { eventually } from "../support/eventually.ts";
import { startFaultyServer } from "../support/faulty-server.ts";
import { makeKey } from "../support/keys.ts";
import { command, home, knowing, onlineAgent, PROGRAM } from "./command.ts";

describe("status --wait-for", () => {
  it("ends the moment that the executor is online with that key", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await using server = await startFaultyServer();
    server.respond(knowing(old, fresh));
    const place = home();
    place.write({ url: server.url, key: old });
    await using _agent = await onlineAgent(place, old);
    const waiting = command([
      "status",
      "--wait-for",
      `key=${keyFingerprint(fresh)}`,
      "--timeout",
      "20",
      "-c",
      place.configPath,
    ]);
    place.write({ url: server.url, key: fresh });
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(stdout).toContain(`Online with key ${keyFingerprint(fresh)}`);
  });

  it("ends with 1 after its time, and says what stands in the way", async () => {
    const [key, bad] = [makeKey(), makeKey()];
    await using server = await startFaultyServer();
    server.respond(knowing(key));
    const place = home();
    place.write({ url: server.url, key });
    await using agent = await onlineAgent(place, key);
    place.write({ url: server.url, key: bad });
    await agent.waitForStatus(({ pendingChange }) => pendingChange?.state === "refused");
    const wait = (fingerprint: string) =>
      command(["status", "--wait-for", `key=${fingerprint}`, "--timeout", "0.3", "-c", place.configPath]);
    const refused = await wait(keyFingerprint(bad));
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("Change in the file refused:");
    expect(refused.stderr).toContain(`Not online with key ${keyFingerprint(bad)} after 0.3 s.`);
    place.write({ url: server.url, key });
    await agent.waitForStatus(({ pendingChange }) => pendingChange === null);
    const unheard = await wait("00000000");
    expect(unheard.code).toBe(1);
    expect(unheard.stderr).toContain(
      `No key 00000000 is in the files that the agent reads (${place.configPath}).`,
    );
  });

  it("waits for an agent that is only just starting", async () => {
    const key = makeKey();
    await using server = await startFaultyServer();
    server.respond(knowing(key));
    const place = home();
    place.write({ url: server.url, key });
    const waiting = command(["status", "--wait-for", `key=${keyFingerprint(key)}`, "-c", place.configPath]);
    await using _agent = await onlineAgent(place, key);
    expect((await waiting).code).toBe(0);
  });
});

describe("status --watch", () => {
  it("prints a line at each change and none between, until Ctrl-C", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await using server = await startFaultyServer();
    server.respond(knowing(old, fresh));
    const place = home();
    place.write({ url: server.url, key: old });
    await using _agent = await onlineAgent(place, old);
    const watch = spawn(process.execPath, [PROGRAM, "status", "--watch", "-c", place.configPath]);
    onTestFinished(() => void watch.kill("SIGKILL"));
    let seen = "";
    watch.stdout.on("data", (chunk) => {
      seen += String(chunk);
    });
    const first = `Online with key ${keyFingerprint(old)}`;
    await eventually(() => seen.includes(first), { timeoutMs: 10_000, describe: "the first line" });
    place.write({ url: server.url, key: fresh });
    const second = `Online with key ${keyFingerprint(fresh)}`;
    await eventually(() => seen.includes(second), { timeoutMs: 10_000, describe: "the second line" });
    watch.kill("SIGINT");
    const [code] = await once(watch, "close");
    keepText("watch.txt", seen);
    expect(code).toBe(0);
    const lines = seen.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines.every((line) => /^(\d\d:\d\d:\d\d| {8}) {2}\S/u.test(line))).toBe(true);
  });
});
