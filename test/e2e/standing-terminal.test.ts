import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { agentHome } from "../support/agent/agent-process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { makeKey } from "../support/keys.ts";
import { ENVIRONMENT } from "../support/program-environment.ts";
import { AGENT, CONTROL_PLANE } from "../support/programs.ts";
import { lacks } from "../support/requires.ts";
import { tempDir } from "../support/temp-dir.ts";

const LACKS_SCRIPT = lacks("script", spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0);
/** What a person types to have the terminal stand still. */
const CTRL_S = "\u0013";

interface InTerminal {
  readonly script: ChildProcessByStdio<Writable, Readable, null>;
  output(): string;
  /** Of the program. */
  readonly pid: number;
}

/** Starts a program in a terminal. Its first line is `PID=…`. */
async function inTerminal(words: readonly string[], env: NodeJS.ProcessEnv): Promise<InTerminal> {
  const line = `echo PID=$$; exec ${words.join(" ")}`;
  const script = spawn("script", ["-qec", line, "/dev/null"], {
    env: { ...ENVIRONMENT, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  script.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const shown = await eventually(() => /PID=(\d+)\s/u.exec(output)?.[1], {
    timeoutMs: 20_000,
    describe: "a process ID",
  });
  const pid = Number(shown);
  onTestFinished(async () => {
    const closed = script.exitCode === null ? once(script, "close") : undefined;
    if (isAlive(pid)) {
      process.kill(pid, "SIGKILL");
    }
    script.kill("SIGKILL");
    await closed;
  });
  return { script, output: () => output, pid };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Until nothing comes any more of the line that each SIGHUP makes the program write. */
async function holdTerminal({ script, output, pid }: InTerminal): Promise<void> {
  script.stdin.write(CTRL_S);
  await eventually(
    async () => {
      const before = output().length;
      process.kill(pid, "SIGHUP");
      await delay(1000);
      return output().length === before;
    },
    { timeoutMs: 30_000, describe: "a terminal that stands still" },
  );
}

const PROGRAMS: readonly (readonly [
  name: string,
  ready: RegExp,
  command: () => Promise<{ readonly words: readonly string[]; readonly env: NodeJS.ProcessEnv }>,
])[] = [
  [
    "the control plane",
    /listens on/u,
    async () => ({
      words: [process.execPath, CONTROL_PLANE, "serve"],
      env: { DATABASE_URL: `file:${tempDir()}/cp.db`, PORT: String(await freePort()) },
    }),
  ],
  [
    "the agent",
    /control-plane\.unreachable/u,
    async () => {
      const home = agentHome(tempDir());
      home.write({ url: `http://127.0.0.1:${await freePort()}`, key: makeKey() });
      return { words: [process.execPath, AGENT, "run", "-c", home.configPath], env: {} };
    },
  ],
];

it.skipIf(LACKS_SCRIPT).for(PROGRAMS)(
  "%s in a terminal that stands still ends when it is asked to",
  { timeout: 120_000 },
  async ([, ready, command]) => {
    const { words, env } = await command();
    const terminal = await inTerminal(words, env);
    await eventually(() => ready.test(terminal.output()), {
      timeoutMs: 30_000,
      describe: "a program that is ready",
    });
    await holdTerminal(terminal);
    process.kill(terminal.pid, "SIGTERM");
    const ended = await eventually(() => !isAlive(terminal.pid), { timeoutMs: 30_000, describe: "the end" });
    expect(ended).toBe(true);
  },
);

it.skipIf(LACKS_SCRIPT)(
  "a terminal gets every line of a program that ends, in their order",
  async () => {
    const port = await freePort();
    const { output, pid, script } = await inTerminal([process.execPath, CONTROL_PLANE, "serve"], {
      DATABASE_URL: `file:${tempDir()}/cp.db`,
      PORT: String(port),
    });
    await eventually(() => output().includes("listens on"), { timeoutMs: 30_000, describe: "readiness" });
    const closed = once(script, "close");
    process.kill(pid, "SIGTERM");
    expect(await closed).toEqual([0, null]);
    const events = Array.from(output().matchAll(/(?:info|warn) ?\S* (\S+): /gu), ([, event]) => event);
    expect(events.filter((event) => event !== "page")).toEqual([
      "database.created",
      "listening",
      "stopping",
      "stopped",
    ]);
  },
  60_000,
);
