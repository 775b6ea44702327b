import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { onlineAgent, setOnlineScene, setScene } from "../../../support/agent/cli-scene.ts";
import { keepText } from "../../../support/canary.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";

describe.concurrent("status --wait-for", () => {
  it("ends the moment that the executor is online with that key", async () => {
    await using scene = await setOnlineScene();
    const { fresh } = scene;
    const waiting = scene.run("status", "--wait-for", `key=${keyFingerprint(fresh)}`, "--timeout", "20");
    scene.putKey(fresh);
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(stdout).toContain(`Online with key ${keyFingerprint(fresh)}`);
  });

  it("ends with 1 after its time, and says what stands in the way", async () => {
    await using scene = await setOnlineScene();
    const { key, place, agent } = scene;
    const bad = makeKey();
    scene.putKey(bad);
    await agent.waitForStatus(({ pendingChange }) => pendingChange?.state === "refused");
    const wait = (fingerprint: string) =>
      scene.run("status", "--wait-for", `key=${fingerprint}`, "--timeout", "0.3");
    const refused = await wait(keyFingerprint(bad));
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("Change in the file refused:");
    expect(refused.stderr).toContain(`Not online with key ${keyFingerprint(bad)} after 0.3 s.`);
    scene.putKey(key);
    await agent.waitForStatus(({ pendingChange }) => pendingChange === null);
    const unheard = await wait("00000000");
    expect(unheard.code).toBe(1);
    expect(unheard.stderr).toContain(
      `The files that the agent reads (${place.configPath}) do not contain it.`,
    );
  });

  it("waits for an agent that is only just starting", async () => {
    await using scene = await setScene();
    const { key, place } = scene;
    const waiting = scene.run("status", "--wait-for", `key=${keyFingerprint(key)}`);
    await using _agent = await onlineAgent(place, key);
    expect((await waiting).code).toBe(0);
  });
});

describe.concurrent("status --watch", () => {
  it("prints a line at each change and none between, until Ctrl-C", async ({ onTestFinished }) => {
    await using scene = await setOnlineScene();
    const { key, fresh, place } = scene;
    const watch = spawn(process.execPath, [AGENT, "status", "--watch", "-c", place.configPath], {
      env: ENVIRONMENT,
    });
    onTestFinished(() => void watch.kill("SIGKILL"));
    let seen = "";
    watch.stdout.on("data", (chunk) => {
      seen += String(chunk);
    });
    const first = `Online with key ${keyFingerprint(key)}`;
    await eventually(() => seen.includes(first), { timeoutMs: 10_000, describe: "the first line" });
    scene.putKey(fresh);
    const second = `Online with key ${keyFingerprint(fresh)}`;
    await eventually(() => seen.includes(second), { timeoutMs: 10_000, describe: "the second line" });
    watch.kill("SIGINT");
    const [code] = await once(watch, "close");
    keepText("watch.txt", seen);
    expect(code).toBe(0);
    const lines = seen.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines.every((line) => /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC| {23}) {2}\S/u.test(line))).toBe(true);
  });
});
