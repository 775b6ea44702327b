import { setTimeout as pause } from "node:timers/promises";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
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

/** Whether the executor has carried out what was ordered. Null: the node is gone. */
type Goal = (node: Node | null) => boolean;

/** It runs, or is stopped, as ordered, with the newest revision. */
export const asOrdered: Goal = (node) => node !== null && node.phase === node.desiredState && !node.isDrifted;

export const isDeleted: Goal = (node) => node === null || node.deletion?.isDone === true;

/**
 * Waits until `isReached`, and prints each step to stderr. A CommandError `failed` if the node
 * comes into error, or the time is over. Returns the node as it is then; null: gone.
 */
export async function waitForNode(
  client: ManagementClient,
  { id, name }: Node,
  isReached: Goal,
  options: NodeOptions & WaitOptions,
  terminal: Terminal,
): Promise<Node | null> {
  const endsAt = performance.now() + options.timeout * 1000;
  const fix = `look at it: ${suggestion(`nodes show ${id}`, options)}`;
  let shown = "";
  for (;;) {
    const node = await nodeById(client, id);
    if (isReached(node)) {
      return node;
    }
    const step = node === null ? "gone" : stepOf(node);
    if (step !== shown) {
      shown = step;
      complain(terminal, `${name}: ${step}`);
    }
    if (node === null) {
      throw new CommandError("failed", `node ${name} was deleted while it was waited for`);
    }
    if (node.phase === "error" && isNews(node)) {
      throw new CommandError("failed", `node ${name} is in error: ${printable(node.reason ?? "", 400)}`, {
        fix,
      });
    }
    if (performance.now() >= endsAt) {
      const waited = `node ${name} is not ${node.deletion === null ? node.desiredState : "deleted"} after ${options.timeout} s`;
      throw new CommandError("failed", `${waited}; it is ${step}`, { fix });
    }
    await pause(POLL_MS);
  }
}

function isNews({ observedAt, updatedAt }: Node): boolean {
  return observedAt !== null && Date.parse(observedAt) - Date.parse(updatedAt) >= OLD_NEWS_MS;
}

/** `syncing 43 %` */
export function stepOf({ phase, isDrifted, observed }: Node): string {
  const progress = (observed?.processes ?? []).flatMap(({ syncProgress }) => syncProgress ?? []);
  const least = Math.min(...progress);
  const percent = phase === "syncing" && progress.length > 0 ? ` ${Math.floor(least * 100)} %` : "";
  return `${phase}${percent}${isDrifted ? ", a change is pending" : ""}`;
}
