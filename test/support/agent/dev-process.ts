import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keepFiles, keepText, noteKey } from "../canary.ts";
import { eventually } from "../eventually.ts";
import { ENVIRONMENT } from "../program-environment.ts";
import { AGENT } from "../programs.ts";

/** Generous, for a busy machine: a `dev` starts six programs, one after the other. */
const WAIT_MS = 90_000;

/** `dev` in its own process group, as a shell starts it. */
export function startDev(folder: string, port?: number) {
  const words = port === undefined ? [] : ["--port", String(port)];
  const child = spawn(process.execPath, [AGENT, "dev", "--directory", folder, ...words], {
    detached: true,
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
    });
  }
  let isClosed = false;
  const closed = once(child, "close").then(() => {
    isClosed = true;
    keepText("dev.txt", output);
    return child.exitCode;
  });
  const waitFor = async (pattern: RegExp): Promise<string> => {
    const found = await eventually(() => pattern.exec(output) ?? (isClosed ? "ended" : undefined), {
      timeoutMs: WAIT_MS,
      describe: () => `${pattern} in ${output}`,
    });
    if (found === "ended") {
      throw new Error(`dev has ended without ${pattern} in ${output}`);
    }
    return found[1] ?? "";
  };
  return {
    /** The environment of the control plane and of the agent. */
    environments: () =>
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")
        .trim()
        .split(" ")
        .map((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")),
    configPath: join(folder, "agent.toml"),
    output: () => output,
    waitFor,
    async fingerprint() {
      await waitFor(/Ctrl-C stops both programs/u);
      noteKeys(folder);
      return await waitFor(/^Online: executor agent-1 with key (\w{8}) /mu);
    },
    /** The commands that it prints, with continued lines joined. */
    commands: () => output.replaceAll(/ \\\n\s+/gu, " ").match(/^ {5}\S*node\S* .*main\.ts .*$/gmu) ?? [],
    async end(signal: NodeJS.Signals, to: "group" | "alone") {
      if (to === "alone") {
        child.kill(signal);
      } else {
        signalGroup(child, signal);
      }
      return await closed;
    },
    ended: () => closed,
    isAnyoneLeft: () => signalGroup(child, 0),
    async [Symbol.asyncDispose]() {
      signalGroup(child, "SIGKILL");
      await closed;
    },
  };
}

/** False once the group has no processes. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Tells the canary the keys of a dev folder, which the control plane creates. */
export function noteKeys(folder: string): void {
  const secret = /access_token = "(exc_\w+)"/u.exec(readFileSync(join(folder, "agent.toml"), "utf8"))?.[1];
  if (secret !== undefined) {
    noteKey(secret);
  }
  keepFiles(join(folder, "data"));
  keepFiles(join(folder, "control-plane.db"));
}
