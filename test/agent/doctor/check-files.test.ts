import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../../src/agent/config/load-config.ts";
import { checkFiles } from "../../../src/agent/doctor/check-files.ts";
import { adviseInPod } from "../../../src/lib/shell-word.ts";
import { remedyText, step } from "../../../src/lib/text/remedy.ts";
import { GOOD_FILES } from "../../support/agent/fault-table.ts";
import { lockedFile } from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function examine(text: string | undefined, mode = 0o600) {
  const path = join(tempDir(), "agent.toml");
  if (text !== undefined) {
    writeFileSync(path, text);
    chmodSync(path, mode);
  }
  const checks = checkFiles(await loadConfig(path, {}), GOOD_FILES);
  return Object.fromEntries(checks.map(({ stage, status }) => [stage, status]));
}

function config(key: string): string {
  return `[control_plane]\nurl = "https://cp.example.com"\naccess_token = "${key}"\n`;
}

describe("files, read as the agent reads them", () => {
  it("pass where all is well", async () => {
    expect(await examine(config(makeKey()))).toEqual({
      file: "ok",
      mode: "ok",
      syntax: "ok",
      key: "ok",
    });
  });

  it("a file that is not there leaves the rest unknown", async () => {
    expect(await examine(undefined)).toEqual({
      file: "bad",
      mode: "unknown",
      syntax: "unknown",
      key: "unknown",
    });
  });

  it("an issue is the syntax's, and leaves the key unknown", async () => {
    expect(await examine(`${config(makeKey())}colour = "red"\n`)).toMatchObject({
      file: "ok",
      syntax: "bad",
      key: "unknown",
    });
  });

  it("a damaged key is the key's, a file that everybody reads is the mode's", async () => {
    const key = makeKey();
    expect(await examine(config(`${key.slice(0, 20)} ${key.slice(20)}`))).toMatchObject({ key: "bad" });
    expect(await examine(config(key), 0o644)).toMatchObject({ mode: "warning", key: "ok" });
  });

  it("an obstacle of the service's user is the mode's", async () => {
    const path = join(tempDir(), "agent.toml");
    writeFileSync(path, config(makeKey()), { mode: 0o600 });
    const obstacle = { problem: "the service's user novacula cannot read it", remedy: "chmod 0640 it" };
    const checks = checkFiles(await loadConfig(path, {}), { ...GOOD_FILES, obstacles: [obstacle] });
    expect(checks.find((check) => check.stage === "mode")).toMatchObject({
      status: "bad",
      remedy: obstacle.remedy,
    });
  });

  it("obstacles that commands remove are one, and are removed at once", async () => {
    const path = join(tempDir(), "agent.toml");
    writeFileSync(path, config(makeKey()), { mode: 0o600 });
    const closed = (file: string) => ({
      problem: `the service's user novacula cannot read ${file}`,
      remedy: [step("Run:", `chgrp novacula ${file}`, `chmod 0640 ${file}`)],
    });
    const moved = { problem: "the service's user novacula cannot enter /root", remedy: "Move it." };
    const obstacles = [closed("/k/agent.toml"), moved, closed("/k/key"), closed("/k/key")];
    const checks = checkFiles(await loadConfig(path, {}), { ...GOOD_FILES, obstacles });
    const bad = checks.filter(({ stage, status }) => stage === "mode" && status === "bad");
    expect(bad.map(({ detail, remedy = "" }) => [detail, remedyText(remedy)])).toEqual([
      [
        "the service's user novacula cannot read /k/agent.toml, and the service's user novacula cannot read /k/key, and the service's user novacula cannot read /k/key",
        "Run: chgrp novacula /k/agent.toml && chmod 0640 /k/agent.toml && chgrp novacula /k/key && chmod 0640 /k/key",
      ],
      [moved.problem, moved.remedy],
    ]);
  });

  it("a file that this user may not read is unknown, and not bad", () => {
    const stages = (isDenied: boolean) =>
      checkFiles(lockedFile(), { ...GOOD_FILES, isDenied }).map(({ stage, status }) => [stage, status]);
    expect(stages(true)).toContainEqual(["file", "unknown"]);
    expect(stages(false)).toContainEqual(["file", "bad"]);
  });
});

it("names a line that should name another file, only if that one counts", async () => {
  const loaded = await loadConfig(join(tempDir(), "agent.toml"), {});
  const facts = { ...GOOD_FILES, pathSource: undefined, ignoredPath: "/etc/default/x line 2" };
  const [found] = checkFiles(loaded, facts);
  expect(found?.detail).toContain("systemd ignores /etc/default/x line 2");
  expect(remedyText(found?.remedy ?? [])).toMatch(/NOVACULA_CONFIG=…, then run: .*restart\. Otherwise: /u);
  const [named] = checkFiles(loaded, { ...facts, pathSource: "--config" });
  expect(named?.detail).not.toContain("systemd ignores");
});

describe("a key that is damaged", () => {
  const keyCheck = async (key: string) => {
    const path = join(tempDir(), "agent.toml");
    writeFileSync(path, config(key), { mode: 0o600 });
    const checks = checkFiles(await loadConfig(path, {}), GOOD_FILES);
    const bad = checks.filter(({ stage, status }) => stage === "key" && status === "bad");
    return { path, texts: bad.map(({ remedy }) => remedyText(remedy ?? "")) };
  };
  const key = makeKey();

  it.each([
    ["a line break", `${key.slice(0, 40)}\\n${key.slice(40)}`],
    ["a space", `${key.slice(0, 40)} ${key.slice(40)}`],
    ["two odd characters", `${key.slice(0, 30)}\u00a0${key.slice(30, 40)}é${key.slice(40)}`],
  ])("with %s has its file, and the command that takes another one, once", async (_what, damaged) => {
    const { path, texts } = await keyCheck(damaged);
    expect(texts.at(-1)).toMatch(
      /The key is in \S+ line 3\. No restart is needed\. To put the whole key there in place of it, run: (?:sudo )?novacula-agent set-key$/u,
    );
    expect(texts.at(-1)).toContain(`${path} line 3.`);
    expect(texts.filter((text) => text.includes("set-key"))).toHaveLength(1);
  });

  it("in a pod is of its Secret", async () => {
    adviseInPod("agent-0");
    onTestFinished(() => adviseInPod(undefined));
    const { texts } = await keyCheck(`${key.slice(0, 40)} ${key.slice(40)}`);
    expect(texts.at(-1)).toMatch(/ line 3, which is of its Secret\.$/u);
    expect(texts.at(-1)).not.toContain("set-key");
  });
});
