import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { errorOutput } from "../../../src/lib/command-line/command-error.ts";
import { home, onlineAgent, setOnlineScene, setScene } from "../../support/agent/cli-scene.ts";
import { command } from "../../support/agent/command.ts";
import { keepText } from "../../support/canary.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { AGENT } from "../../support/programs.ts";

const schema = z.strictObject({ error: errorOutput.shape.error.strict() });

/** The error that `text` is. Fails if it is anything else. */
const errorIn = (text: string) => schema.parse(JSON.parse(text)).error;

describe.concurrent("an error with --json is JSON:", () => {
  it.each([
    ["an unknown command", ["frobnicate", "--json"]],
    ["no command", ["--json"]],
    ["an unknown option", ["check", "--json", "--onlin"]],
    ["a wrong value", ["status", "--json", "--timeout", "soon"]],
  ])("%s", async (_what, args) => {
    const { code, stdout, stderr } = await command(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(errorIn(stderr)).toMatchObject({
      code: "usage",
      exitCode: 64,
      fix: expect.stringMatching(/^novacula-agent.* --help$/u),
    });
  });

  it("a key in an argument, which is not repeated", async () => {
    const key = makeKey();
    const { code, stdout, stderr } = await command(["check", "--json", "--key-file", key]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(errorIn(stderr)).toMatchObject({
      code: "usage",
      exitCode: 64,
      message: expect.stringContaining("An argument contains a key"),
      fix: expect.stringMatching(/^rotate that key, .*set-key$/u),
    });
    expect(stderr).not.toContain(key.slice(4, 24));
  });

  it("a status that is not the awaited one; the status itself is on stdout", async () => {
    await using scene = await setOnlineScene();
    const waited = await scene.run("status", "--json", "--wait-for", "key=00000000", "--timeout", "0");
    expect(waited.code).toBe(1);
    expect(JSON.parse(waited.stdout)).toMatchObject({ state: "online" });
    expect(errorIn(waited.stderr)).toMatchObject({
      code: "failed",
      exitCode: 1,
      message: expect.stringContaining("Not online with key 00000000 after 0 s."),
    });
  });

  it.each([
    ["as text without --json", [], {}],
    ["as JSON with it", ["--json"], {}],
    ["as JSON with it in the journal, too", ["--json"], { JOURNAL_STREAM: "1:2" }],
  ])("a bug is reported %s, without the key that its text holds", async (_what, options, variables) => {
    using place = home();
    const key = makeKey();
    const preload = join(place.folder, "bug.mjs");
    // Throws where nobody catches, as soon as the program listens for that.
    writeFileSync(
      preload,
      `process.on("newListener", (name) => name === "uncaughtException" &&
        setImmediate(() => { throw new TypeError("no such thing as ${key}"); }));`,
    );
    const environment = { NODE_OPTIONS: `--import=${preload}`, ...variables };
    const { code, stdout, stderr } = await command(["status", ...options], { environment });
    expect({ code, stdout }).toEqual({ code: 70, stdout: "" });
    const message = options.length === 0 ? stderr : errorIn(stderr).message;
    expect(message).toContain(
      "a bug of novacula-agent; please report it with these lines\nTypeError: no such",
    );
    expect(message).toMatch(/\n {4}at .*bug\.mjs/u);
    expect(stderr).not.toContain(key.slice(4, 24));
    if (options.length > 0) {
      expect(errorIn(stderr)).toMatchObject({ code: "bug", exitCode: 70 });
    }
  });
});

describe.concurrent("status --watch --json", () => {
  it("prints an object a line: errors on stderr while nobody answers, then statuses on stdout", async ({
    onTestFinished,
  }) => {
    await using scene = await setScene();
    const { key, place } = scene;
    const watch = spawn(process.execPath, [AGENT, "status", "--watch", "--json", "-c", place.configPath], {
      env: ENVIRONMENT,
    });
    onTestFinished(() => void watch.kill("SIGKILL"));
    const seen = { stdout: "", stderr: "" };
    watch.stdout.on("data", (chunk) => {
      seen.stdout += String(chunk);
    });
    watch.stderr.on("data", (chunk) => {
      seen.stderr += String(chunk);
    });
    await eventually(() => seen.stderr.includes("\n"), { timeoutMs: 20_000, describe: "an error" });
    await using _agent = await onlineAgent(place, key);
    await eventually(() => seen.stdout.includes('"online"'), { timeoutMs: 20_000, describe: "online" });
    watch.kill("SIGINT");
    const [code] = await once(watch, "close");
    keepText("watch-json.txt", seen.stdout + seen.stderr);
    expect(code).toBe(0);
    const errors = seen.stderr.trimEnd().split("\n").map(errorIn);
    expect(errors[0]).toMatchObject({ code: "not_running", exitCode: 3 });
    const states = seen.stdout.trimEnd().split("\n");
    expect(states.map((line) => JSON.parse(line).state).at(-1)).toBe("online");
  });
});
