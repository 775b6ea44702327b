import { printable } from "../../lib/printable.ts";
import { Conditions } from "../journal/conditions.ts";
import type { Entry } from "../journal/entry.ts";
import {
  acceptList,
  endNode,
  NO_NODES,
  type NodeList,
  type NodesAnswer,
  withoutNode,
} from "./decide/node-list.ts";
import { readNodes, writeNodes } from "./host/node-memory.ts";
import { findingEntry } from "./narrate-nodes.ts";

/** The list that this host holds, in memory and on disk. */
export class ListKeeper {
  readonly #dataDir: string;
  readonly #say: (entry: Entry) => void;
  #list = NO_NODES;
  #isObserveOnly = false;
  #isUnwritten = false;
  readonly #conditions: Conditions;
  /** What was said of the last answers, so that it is said once. */
  #said: readonly string[] = [];
  /** Why the last answer, or an order in it, is not used. */
  #refused: readonly Entry[] = [];

  constructor(dataDir: string, say: (entry: Entry) => void) {
    this.#dataDir = dataDir;
    this.#say = say;
    this.#conditions = new Conditions(say);
  }

  /** What is wrong for as long as it lasts. */
  conditions(): readonly Entry[] {
    return [...this.#conditions.list(), ...this.#refused];
  }

  list(): NodeList {
    return this.#list;
  }

  /** True until a list arrives, if the memory was damaged: then nothing on the host is changed. */
  isObserveOnly(): boolean {
    return this.#isObserveOnly;
  }

  async load(): Promise<void> {
    const memory = await readNodes(this.#dataDir);
    this.#list = memory.list;
    this.#isObserveOnly = memory.kind === "damaged";
    if (memory.problem !== undefined) {
      const effect =
        memory.kind === "damaged"
          ? "So is the file before it. Nothing on this host is changed until the control plane has sent its list"
          : "The agent uses the file before it";
      const message = `${printable(memory.problem, 200)}. ${effect}. All nodes go on.`;
      this.#conditions.begin("damaged", { event: "nodes.memory-damaged", message });
    }
  }

  /** Applies the rules to an answer. Resolves with whether the list has changed. */
  async accept(answer: NodesAnswer, running: ReadonlySet<string>): Promise<boolean> {
    const { list, findings } = acceptList(this.#list, answer, running);
    const entries = findings.map(findingEntry);
    for (const entry of entries.filter(({ message }) => !this.#said.includes(message))) {
      this.#say(entry);
    }
    // An answer without a list says nothing new about those of the last one.
    if (answer.reply.list !== null || entries.length > 0) {
      this.#said = entries.map(({ message }) => message);
      this.#refused = entries.filter(({ event }) => event === "nodes.list-refused");
    }
    const isRefused = findings.some(({ kind }) => kind === "refused");
    if (answer.reply.list !== null && !isRefused) {
      this.#isObserveOnly = false;
    }
    return await this.#replace(list);
  }

  async end(id: string, how: "deleted" | "kept"): Promise<void> {
    await this.#replace(endNode(this.#list, id, how));
  }

  async drop(name: string): Promise<void> {
    await this.#replace(withoutNode(this.#list, name));
  }

  /** Writes again what could not be written. */
  async retry(): Promise<void> {
    if (this.#isUnwritten) {
      await this.#write();
    }
  }

  async #replace(list: NodeList): Promise<boolean> {
    if (list === this.#list) {
      return false;
    }
    this.#list = list;
    await this.#write();
    return true;
  }

  async #write(): Promise<void> {
    const problem = await writeNodes(this.#dataDir, this.#list);
    this.#isUnwritten = problem !== undefined;
    if (problem === undefined) {
      this.#conditions.end("unwritable");
      this.#conditions.end("damaged");
    } else {
      const message = `${problem.problem}. The nodes go on; after a restart the agent would know an older list. Fix: ${problem.fix}`;
      this.#conditions.begin("unwritable", { event: "nodes.unwritable", message });
    }
  }
}
