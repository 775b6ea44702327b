import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ExecutorKey } from "../../../src/agent/key/executor-key.ts";
import { errorChain, OperatorError } from "../../../src/lib/errors.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { agentHome, render, startAgent } from "../../support/agent/agent-process.ts";
import { type Scene, setOnlineScene } from "../../support/agent/agent-scene.ts";
import { keepText, leaksIn, noteKey, searchFolder } from "../../support/canary.ts";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** Where a key must not be, looked at on purpose; the rest of the suite's output is searched when all has run. */

describe("the canary sings", () => {
  const secret = makeKey();
  const fingerprint = keyFingerprint(secret);

  it.each([
    ["a whole key", `Bearer ${secret}`],
    ["half of it", `…${secret.slice(30, 64)}…`],
    ["the end of it", secret.slice(-34)],
    ["base64 of it", Buffer.from(secret).toString("base64")],
    ["base64 of a header that holds it", Buffer.from(`x:Bearer ${secret}`).toString("base64")],
    ["it inside of something longer", `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${secret}bbbbbbbbbbbbbbb`],
  ])("for %s", (_name, text) => {
    expect(leaksIn(text, [makeKey(), secret])).toEqual([fingerprint]);
  });

  it("and not for its fingerprint, its prefix, or its first letters", () => {
    expect(leaksIn(`exc_ key ${fingerprint} ${secret.slice(0, 12)}`, [secret])).toEqual([]);
  });

  it("for what was kept anywhere in a run, and names the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nova-canary-test-"));
    const outer = process.env["NOVACULA_TEST_CANARY"];
    try {
      process.env["NOVACULA_TEST_CANARY"] = folder;
      noteKey(secret);
      keepText("agent.log", "nothing here");
      expect(await searchFolder(folder)).toEqual({ leaks: [], searched: 1 });
      keepText("status.json", `{"key":"${secret}"}`);
      expect(await searchFolder(folder)).toEqual({
        leaks: [{ where: "status.json", fingerprint }],
        searched: 2,
      });
    } finally {
      if (outer === undefined) {
        delete process.env["NOVACULA_TEST_CANARY"];
      } else {
        process.env["NOVACULA_TEST_CANARY"] = outer;
      }
      rmSync(folder, { recursive: true });
    }
  });
});

it("a key in an error, its cause, an object or a template is its fingerprint", () => {
  const secret = makeKey();
  const key = new ExecutorKey(secret);
  const error = new OperatorError(`cannot use ${key}`, {
    cause: new Error(`because of ${inspect({ key })}`),
  });
  const shown = [
    inspect(error, { showHidden: true, depth: 9 }),
    errorChain(error),
    JSON.stringify({ key, error }),
  ];
  expect(leaksIn(shown.join("\n"), [secret])).toEqual([]);
  expect(shown[1]).toContain(key.fingerprint);
});

it("a running agent and a running control plane have no key in their arguments and environment", async () => {
  const plane = await startControlPlane();
  try {
    const key = await plane.createKey();
    await using scene = await setOnlineScene();
    const secrets = [key.secret, scene.key];
    for (const pid of [plane.pid, scene.agent.pid]) {
      for (const file of ["cmdline", "environ"]) {
        const text = readFileSync(`/proc/${pid}/${file}`, "latin1");
        expect(text.length, file).toBeGreaterThan(0);
        expect(leaksIn(text, secrets), `${file} of ${pid}`).toEqual([]);
      }
    }
  } finally {
    await plane.kill();
  }
});

it("status and state.json know a key by its fingerprint", async () => {
  await using scene = await setOnlineScene();
  const status = JSON.stringify(await scene.agent.status());
  const path = join(scene.home.dataDir, "state.json");
  const state = await eventually(() => readFileSync(path, "utf8"), { describe: "state.json" });
  for (const text of [status, state]) {
    expect(text).toContain(keyFingerprint(scene.key));
    expect(leaksIn(text, [scene.key])).toEqual([]);
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

/** As the unit has it (LimitCORE=0): a dump of the memory would hold the key. */
const NO_DUMP = ["sh", "-c", 'ulimit -c 0 && exec "$@"', "sh"];

describe.concurrent("a forced crash leaves no key behind", () => {
  it.each(["SIGABRT", "SIGSEGV", "SIGKILL"] as const)("%s", async (signal) => {
    await using scene = await setOnlineScene({ wrapper: NO_DUMP });
    scene.agent.signal(signal);
    expect(await scene.agent.exited()).toMatchObject({ signal });
    expect(leftBehind(scene)).toEqual([]);
  });

  it("an exception that nobody caught is a bug that says so", async () => {
    const bug = 'process.on("SIGUSR2", () => { throw new Error("a bug on purpose"); })';
    await using scene = await setOnlineScene({
      wrapper: NO_DUMP,
      arguments: ["--import", `data:text/javascript,${encodeURIComponent(bug)}`],
    });
    scene.agent.signal("SIGUSR2");
    expect((await scene.agent.exited()).code).toBe(70);
    expect(render(scene.agent.lines)).toMatch(/a bug of novacula-agent.*a bug on purpose/s);
    expect(leftBehind(scene)).toEqual([]);
  });
});

/** Keys in what it said and in every file of its folder but agent.toml. */
function leftBehind({ agent, home, key }: Scene): readonly string[] {
  const folder = join(home.dataDir, "..");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => path !== home.configPath && statSync(path).isFile());
  const texts = files.map((path) => readFileSync(path, "latin1"));
  return leaksIn([JSON.stringify(agent.lines), ...texts].join("\n"), [key]);
}

/** agent.toml with a mistake in or around the line of its key, which is line 7. */
const MISTAKES: readonly (readonly [
  name: string,
  line: number,
  damage: (toml: string, key: string) => string,
])[] = [
  ["on the key's own line: the last quote is missing", 7, (toml, key) => toml.replace(`"${key}"`, `"${key}`)],
  ["on the key's own line: no quotes", 7, (toml, key) => toml.replace(`"${key}"`, key)],
  [
    "on the key's own line: something behind it",
    7,
    (toml, key) => toml.replace(`"${key}"`, `"${key}" ${key}`),
  ],
  [
    "on the key's own line: a colon for the equals sign",
    7,
    (toml) => toml.replace("access_token =", "access_token:"),
  ],
  ["on the line before", 6, (toml) => toml.replace(/url = "(.*)"/, 'url = "$1')],
  ["on the line after", 8, (toml) => toml.replace("sync_interval_secs = ", "sync_interval_secs = = ")],
  ["the key where a name should be", 7, (toml, key) => toml.replace(`access_token = "${key}"`, `${key} = 1`)],
];

describe.concurrent("a TOML mistake", () => {
  it.each(MISTAKES)(
    "%s: said with its line, without the key, at start and while running",
    async (_name, line, damage) => {
      const directory = temporaryDirectory();
      try {
        const secret = makeKey();
        const home = agentHome(directory.path);
        mkdirSync(home.runtimeDir);
        const good = home.toml({ url: "http://127.0.0.1:9", key: secret });
        writeFileSync(home.configPath, damage(good, secret), { mode: 0o600 });
        await using refused = startAgent(home);
        expect((await refused.exited()).code).toBe(78);

        writeFileSync(home.configPath, good);
        await using running = startAgent(home);
        await running.waitForLine("control-plane.unreachable", /^/, 20_000);
        writeFileSync(home.configPath, damage(good, secret));
        const said = await running.waitForLine("config.invalid");
        const status = await running.status();
        expect(status.pendingChange?.state).toBe("unusable");
        for (const text of [JSON.stringify(refused.lines), said.message, JSON.stringify(status)]) {
          expect(text).toMatch(new RegExp(`agent\\.toml:${line}[:.]`));
          expect(leaksIn(text, [secret])).toEqual([]);
        }
      } finally {
        directory.remove();
      }
    },
  );
});
