import type { ObservedNode, ObservedProcess } from "../../protocol/nodes/observed-node.ts";
import type { Entry } from "../journal/entry.ts";

/** What a person must act on, in one node. */
interface Trouble {
  /** Equal as long as it is the same trouble. */
  readonly key: string;
  readonly sentence: string;
}

interface Known {
  /** What the journal has said. */
  readonly said: Trouble | undefined;
  /** What was seen in the last turn, and when it was first seen, monotonic ms. */
  readonly seen: Trouble | undefined;
  readonly since: number;
}

/** A trouble counts once it has lasted for this long, ms: a single failed look is none. */
const TROUBLE_AFTER_MS = 3000;

/** One line when a node has a problem, and one when it is over. */
export class Troubles {
  readonly #known = new Map<string, Known>();

  /** The lines for the journal. `now` is monotonic ms. */
  note(nodes: readonly ObservedNode[], now: number): readonly Entry[] {
    const entries: Entry[] = [];
    const names = new Set(nodes.map(({ name }) => name));
    for (const name of this.#known.keys()) {
      if (!names.has(name)) {
        this.#known.delete(name);
      }
    }
    for (const node of nodes) {
      const { entry, known } = next(node, this.#known.get(node.name), now);
      this.#known.set(node.name, known);
      if (entry !== undefined) {
        entries.push(entry);
      }
    }
    return entries;
  }
}

function next(
  node: ObservedNode,
  before: Known | undefined,
  now: number,
): { readonly entry?: Entry; readonly known: Known } {
  const seen = troubleOf(node);
  const since = before !== undefined && before.seen?.key === seen?.key ? before.since : now;
  const known = { said: before?.said, seen, since };
  const fields = { node: node.name };
  if (seen !== undefined && seen.key !== known.said?.key && now - since >= TROUBLE_AFTER_MS) {
    const entry = { event: "node.problem", message: `Node ${node.name}: ${seen.sentence}`, fields } as const;
    return { entry, known: { ...known, said: seen } };
  }
  // A node that starts again has not recovered yet.
  const isOver = node.processes.every(({ status }) => status !== "error" && status !== "starting");
  if (seen === undefined && known.said !== undefined && isOver) {
    const state = node.processes.map(({ role, status }) => `${role} ${status}`).join(", ");
    const message = `Node ${node.name} has no problem any more: ${state}.`;
    return { entry: { event: "node.recovered", message, fields }, known: { ...known, said: undefined } };
  }
  return { known };
}

function troubleOf({ processes }: ObservedNode): Trouble | undefined {
  const found = processes.filter(({ problem }) => problem !== null);
  const [first] = found;
  if (first === undefined) {
    return undefined;
  }
  const key = found.map(({ role, problem }) => `${role} ${problem}`).join();
  return { key, sentence: sentenceOf(first) };
}

function sentenceOf({ role, problem, reason }: ObservedProcess): string {
  return `${role}: ${reason ?? problem ?? ""}`;
}
