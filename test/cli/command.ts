import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { keyFingerprint } from "../../src/protocol/fingerprint.ts";
import { type AgentHome, type AgentProcess, agentHome, startAgent } from "../support/agent-process.ts";
import { json } from "../support/behaviours.ts";
import { keepText } from "../support/canary.ts";
import type { Behaviour } from "../support/faulty-server.ts";
import { onlyFor } from "../support/only-for.ts";
import { tempDir } from "../support/temp-dir.ts";

export const PROGRAM = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
export const NOBODY = 65534;

/** Half of a command's time goes into compiling it, which Node remembers here; where it may not write, it does not. */
export const ENVIRONMENT = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../../.cache/node-compile", import.meta.url)),
};

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for what must be said nowhere. */
  readonly output: string;
}

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as that user, without any group of the caller's. */
  readonly uid?: number;
}

/** Runs the program as a person does, to its end. */
export async function command(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...ENVIRONMENT, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  const output = stdout + stderr;
  keepText(`command-${args[0]}.txt`, output);
  return { code: child.exitCode, stdout, stderr, output };
}

/** Whether another user than root can run this checkout's program at all. */
export function isRunnableByNobody(): boolean {
  if (process.geteuid?.() !== 0) return false;
  const options = { uid: NOBODY, gid: NOBODY, cwd: "/" };
  return spawnSync(process.execPath, [PROGRAM, "--version"], options).status === 0;
}

/** A control plane that knows these keys, each by the id `k_` and its fingerprint; every other is revoked. */
export function knowing(...secrets: readonly string[]): Behaviour {
  return (exchange) => {
    const { keyFingerprint: fingerprint, operationName } = exchange.request;
    const isKnown = secrets.map(keyFingerprint).includes(fingerprint ?? "");
    if (operationName !== "CurrentKey" || !isKnown) return onlyFor(secrets)(exchange);
    const key = { id: `k_${fingerprint}`, name: "prod", expiresAt: null, revokesAt: null };
    const organization = { id: "org-1", name: "Acme", slug: "acme" };
    json(200, { data: { currentKey: { key, organization } } })(exchange);
  };
}

/** A folder with an agent.toml, removed with the test. */
export function home(): AgentHome & { readonly folder: string } {
  const folder = tempDir();
  return { folder, ...agentHome(folder) };
}

/** The agent of a home, once it is online with that key. */
export async function onlineAgent(place: AgentHome, secret: string): Promise<AgentProcess> {
  const agent = startAgent(place);
  await agent.waitForStatus(
    (status) => status.state === "online" && status.key?.fingerprint === keyFingerprint(secret),
  );
  return agent;
}
