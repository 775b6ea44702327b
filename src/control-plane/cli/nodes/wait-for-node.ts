import { setTimeout as pause } from "node:timers/promises";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { startDeadline } from "../../../lib/deadline.ts";
import { printable } from "../../../lib/printable.ts";
import type { ManagementClient } from "../management/management-client.ts";
import type { Node } from "../management/node-outputs.ts";
import { suggestion } from "../management/options.ts";
import type { WaitOptions } from "./node-options.ts";
import { type NodeOptions, nodeById } from "./node-queries.ts";

const POLL_MS = 500;
/**
 * An error counts only in a report that came this long after the order: the ones before are about
 * what was ordered earlier.
 */
const OLD_NEWS_MS = 12_000;
/** An executor that has reported nothing for so long is silent. */
const SILENT_MS = 120_000;

/** Whether the executor has carried out what was ordered. Null: the node is gone. */
type Goal = (node: Node | null) => boolean;

/** It runs, or is stopped, as ordered, with the newest revision. */
export const asOrdered: Goal = (node) => node !== null && node.phase === node.desiredState && !node.isDrifted;

export const isDeleted: Goal = (node) => node === null || node.deletion?.isDone === true;

/**
 * Waits until `isReached`, and prints each step to stderr. Returns the node as it is then; null:
 * gone. A CommandError `failed` if the node comes into error, and `not_yet` if the time is over or
 * somebody presses Ctrl-C. The order stands in each case.
 */
export async function waitForNode(
  client: ManagementClient,
  ordered: Node,
  isReached: Goal,
  options: NodeOptions & WaitOptions,
  terminal: Terminal,
): Promise<Node | null> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await watch(client, ordered, isReached, options, terminal, interruption.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

async function watch(
  client: ManagementClient,
  { id, name }: Node,
  isReached: Goal,
  options: NodeOptions & WaitOptions,
  terminal: Terminal,
  interruption: AbortSignal,
): Promise<Node | null> {
  using deadline = startDeadline(options.timeout * 1000, interruption);
  const { signal } = deadline;
  const fix = `look at it: ${suggestion(`nodes show ${id}`, options)}`;
  let place = "how far it is, is not known";
  let said = "";
  const tell = (step: string) => {
    if (step !== said) {
      said = step;
      complain(terminal, `${name}: ${step}`);
    }
  };
  for (;;) {
    const node = await unlessAway(nodeById(client, id, signal));
    if (node !== undefined && isReached(node)) {
      return node;
    }
    if (node === null) {
      throw new CommandError("failed", `node ${name} was deleted while it was waited for`);
    }
    if (signal.aborted) {
      const why = interruption.aborted ? "no longer waiting" : `not done after ${options.timeout} s`;
      throw new CommandError("not_yet", `${why}: the order for node ${name} stands; ${place}`, { fix });
    }
    if (node === undefined) {
      place = "the control plane does not answer";
      tell(`${place}, as while it restarts. Still waiting: the order stands`);
    } else {
      place = `it is at: ${progressOf(node)}`;
      tell(progressOf(node));
    }
    if (node?.phase === "error" && isNews(node)) {
      throw new CommandError("failed", `node ${name} is in error: ${printable(node.reason ?? "", 400)}`, {
        fix,
      });
    }
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Undefined if the control plane is away, as while it restarts. */
async function unlessAway<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CommandError && ["no_answer", "not_running"].includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}

function isNews({ observedAt, updatedAt }: Node): boolean {
  return observedAt !== null && Date.parse(observedAt) - Date.parse(updatedAt) >= OLD_NEWS_MS;
}

function progressOf(node: Node): string {
  const { observedAt, observed, reason } = node;
  const isSilent = observedAt !== null && Date.now() - Date.parse(observedAt) > SILENT_MS;
  const hasProblem = (observed?.processes ?? []).some(({ problem }) => problem !== null);
  const why = hasProblem && reason !== null ? ` (${printable(reason, 400)})` : "";
  return `${stepOf(node)}${why}${isSilent ? ", its executor is silent" : ""}`;
}

/** `syncing 43 %` */
export function stepOf({ phase, isDrifted, observed }: Node): string {
  const progress = (observed?.processes ?? []).flatMap(({ syncProgress }) => syncProgress ?? []);
  const least = Math.min(...progress);
  const percent = phase === "syncing" && progress.length > 0 ? ` ${Math.floor(least * 100)} %` : "";
  return `${phase}${percent}${isDrifted ? ", a change is pending" : ""}`;
}
