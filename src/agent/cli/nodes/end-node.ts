import { CommandError } from "../../../lib/command-line/command-error.ts";
import { confirm } from "../../../lib/command-line/confirm.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { agentCommand, forAgent, withSudo } from "../../../lib/shell-word.ts";
import type { NodesStatus } from "../../daemon/status/nodes-status.ts";
import { createHand, type Hand } from "../../reconciler/host/hand-client.ts";
import { HOST_PLACES, NODE_DATA } from "../../reconciler/host/places.ts";
import { unitProperties } from "../../systemd/systemctl.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { askAboutNode, askNodes, nodeNamed } from "./ask-nodes.ts";

export interface EndOptions extends ConfigOptions {
  readonly yes?: boolean;
}

/** A client may take so long to stop, ms, as the longest of the catalogue. */
const STOP_LIMIT_MS = 660_000;
const LOOK_MS = 500;

/**
 * Stops and disables a node that the control plane does not list, and has the agent forget it. Its
 * data stays. As root: the agent's own socket is open to its group.
 */
export async function forgetNode(name: string, options: EndOptions, terminal: Terminal): Promise<ExitCode> {
  requireRoot("forget", name);
  const status = await askNodes(options, terminal);
  const units = unitsToForget(name, status);
  if (options.yes !== true) {
    const warning = `This stops node ${name} (${units.join(", ")}). Its data stays.`;
    await confirm({ warning, question: `Stop and forget ${name}?` }, terminal);
  }
  const hand = createHand(HOST_PLACES.handSocket);
  for (const unit of [...units].reverse()) {
    await order(hand, `stop ${unit}`);
  }
  await untilStopped(units);
  await askAboutNode(`POST /nodes/forget?${new URLSearchParams({ name })}`, options, terminal);
  print(terminal, `Node ${name} is stopped and forgotten. Its data is in ${NODE_DATA}/${name}`);
  return ExitCode.good;
}

/** Deletes the data that a deleted node has left, and frees its name. */
export async function purgeNode(name: string, options: EndOptions, terminal: Terminal): Promise<ExitCode> {
  requireRoot("purge", name);
  const node = nodeNamed(name, await askNodes(options, terminal));
  const [process] = node.processes;
  if (!node.isKept || process === undefined) {
    const message = `Node ${name} is not deleted, or its data was not kept. Nothing was changed.`;
    throw new CommandError("refused", message, { fix: "delete the node on the control plane" });
  }
  if (options.yes !== true) {
    const warning = `This deletes all data of node ${name}. It cannot be brought back.`;
    await confirm({ warning, question: `Delete the data of ${name}?` }, terminal);
  }
  await order(createHand(HOST_PLACES.handSocket), `delete ${process.unit} data=${name}`);
  await askAboutNode(`POST /nodes/purged?${new URLSearchParams({ name })}`, options, terminal);
  print(terminal, `The data of node ${name} is deleted, and its name is free.`);
  return ExitCode.good;
}

function requireRoot(verb: string, name: string): void {
  if (process.geteuid?.() !== 0) {
    throw new CommandError("no_permission", "Only root may do this.", {
      fix: forAgent(`nodes ${verb} ${name}`, withSudo),
    });
  }
}

/** Throws a CommandError unless the node is unlisted, or its units are unknown to the agent. */
function unitsToForget(name: string, status: NodesStatus): readonly string[] {
  const unknown = status.unknownUnits.filter((unit) => unit.endsWith(`@${name}.service`));
  if (unknown.length > 0) {
    return unknown;
  }
  const node = nodeNamed(name, status);
  if (node.isKept || !(node.isUnlisted || node.ofExecutor !== undefined)) {
    const message = node.isKept
      ? `Node ${name} is deleted, and its data was kept.`
      : `The control plane lists node ${name}, so it would come back. Nothing was changed.`;
    const fix = node.isKept
      ? forAgent(`nodes purge ${name}`, withSudo)
      : "stop or delete the node on the control plane";
    throw new CommandError("refused", message, { fix });
  }
  return node.processes.map(({ unit }) => unit);
}

async function order(hand: Hand, request: string): Promise<void> {
  const answer = await hand.ask(request);
  if (answer.kind !== "ok") {
    const message = `The root helper did not do "${request}": ${answer.why}`;
    throw new CommandError(answer.kind === "refused" ? "refused" : "no_answer", message, {
      fix: agentCommand("doctor"),
    });
  }
}

async function untilStopped(units: readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(STOP_LIMIT_MS);
  for (const unit of units) {
    while (!(await isStopped(unit))) {
      if (signal.aborted) {
        throw new CommandError("failed", `${unit} does not stop. The agent still knows the node.`);
      }
      await delay(LOOK_MS, signal);
    }
  }
}

async function isStopped(unit: string): Promise<boolean> {
  const found = await unitProperties(unit, ["ActiveState"]);
  return found?.ActiveState === "inactive" || found?.ActiveState === "failed";
}
