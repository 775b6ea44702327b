import { realpath } from "node:fs/promises";
import { utcTime } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { agentCommand, asRoot } from "../../../lib/shell-word.ts";
import type { Loaded } from "../../config/load-config.ts";
import { readMemory } from "../../daemon/resources/memory.ts";
import { type AgentStatus, keyIs } from "../../daemon/status/status.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { AgentPlace } from "../host/agent-place.ts";
import type { AgentAnswer } from "../host/agent-socket.ts";
import { keyName, statusLine } from "../status/status-report.ts";
import { waitForKey } from "../status/wait-for-key.ts";

/** A key that has just been written. */
export interface PlacedKey {
  readonly place: AgentPlace & { readonly loaded: Exclude<Loaded, { verdict: "invalid" }> };
  readonly key: ExecutorKey;
  /** The agent's answer before anything was written. */
  readonly running: AgentAnswer;
  /** False if the control plane could not be asked. */
  readonly wasTried: boolean;
  readonly waitMs: number;
}

/** Short: the control plane does not answer, so the agent cannot come online with the key. */
const UNTRIED_WAIT_MS = 5000;

/**
 * Waits until the running agent uses the key, and names the old key. Resolves with the exit code of
 * set-key.
 */
export async function confirmKey(
  placed: PlacedKey,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { place, key, running, wasTried } = placed;
  if (running.kind === "not-running") {
    return await waitingForStart(placed, terminal);
  }
  if (running.kind === "no-answer") {
    complain(terminal, `Could not confirm that the agent uses the new key. ${running.why}`);
    return ExitCode.couldNotTell;
  }
  if (!(await isSameFile(running.status.configPath, place.loaded.path))) {
    const other = printable(running.status.configPath, 4096);
    complain(
      terminal,
      `The agent that runs here reads ${other} instead of this file, and keeps its own key.`,
    );
    return ExitCode.couldNotTell;
  }
  const waitMs = wasTried ? placed.waitMs : Math.min(placed.waitMs, UNTRIED_WAIT_MS);
  if (waitMs === 0) {
    const see = agentCommand(`status --wait-for key=${key.fingerprint}`);
    print(terminal, `The agent applies it now. To see the result, run: ${see}`);
    return ExitCode.good;
  }
  const answer = await waitForKey(place.runtimeDir, key.fingerprint, waitMs, signal);
  if (answer.kind === "answered" && keyIs(answer.status, key.fingerprint)) {
    print(terminal, inUse(answer.status, running.status));
    return ExitCode.good;
  }
  return inVain(answer, placed, terminal);
}

function inUse(now: AgentStatus, before: AgentStatus): string {
  const key = now.key === null ? "" : keyName(now.key);
  const online = `Executor ${printable(now.executor ?? "")} is online with key ${key}.`;
  if (before.key === null || before.key.fingerprint === now.key?.fingerprint) {
    return online;
  }
  const old = `The old key ${keyName(before.key)}`;
  if (before.lastAcceptedAt === null) {
    return `${online}\n${old} was never accepted here.`;
  }
  const last = utcTime(Date.parse(before.lastAcceptedAt));
  return before.state === "key-refused"
    ? `${online}\n${old}, last accepted at ${last}, was refused already.`
    : `${online}\n${old}, last accepted at ${last}, is no longer needed on this host.${revocation(before.key.id)}`;
}

/** The ID came from the control plane: only one of its form goes into a command. */
function revocation(id: string | null): string {
  return id !== null && /^\w{1,64}$/u.test(id)
    ? ` To revoke it, run on the control plane: ${asRoot(`novacula-control-plane keys revoke ${id}`)}`
    : " You can revoke it.";
}

function inVain(answer: AgentAnswer, { key, wasTried }: PlacedKey, terminal: Terminal): ExitCode {
  if (answer.kind !== "answered") {
    complain(terminal, `The agent stopped before it used the new key. ${answer.why}`);
    return ExitCode.couldNotTell;
  }
  complain(terminal, `The agent is not online with ${key} yet.`);
  complain(terminal, statusLine(answer.status, Date.now(), terminal));
  if (wasTried) {
    return ExitCode.bad;
  }
  complain(terminal, "The agent keeps retrying and uses the old key until then.");
  return ExitCode.couldNotTell;
}

async function waitingForStart({ place, key }: PlacedKey, terminal: Terminal): Promise<ExitCode> {
  print(
    terminal,
    `No agent runs here. It will use the key when it starts: ${asRoot("systemctl start novacula-agent")}`,
  );
  const { loaded, dataDir } = place;
  if (loaded.verdict !== "usable" || loaded.key.equals(key)) {
    return ExitCode.good;
  }
  const { fingerprint } = loaded.key;
  const known = (await readMemory(dataDir)).keys.find((each) => each.fingerprint === fingerprint);
  const old = keyName({ fingerprint, id: known?.keyId, name: known?.keyName });
  print(terminal, `The old key was ${old}. Revoke it when the agent is online with the new key.`);
  return ExitCode.good;
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const real = (path: string) => inTime(path, () => realpath(path)).catch(() => path);
  return (await real(a)) === (await real(b));
}
