import { printable } from "../../lib/printable.ts";
import { Conditions } from "../journal/conditions.ts";
import type { Entry } from "../journal/entry.ts";
import { earlierOwner, type LeftNodes, leftNodes, noteExecutor } from "./decide/left-nodes.ts";
import {
  acceptList,
  endNode,
  type ListFinding,
  NO_NODES,
  type NodeList,
  type NodesAnswer,
  withoutNode,
} from "./decide/node-list.ts";
import { readNodes, writeNodes } from "./host/node-memory.ts";
import { findingEntry, leftEntry } from "./narrate-nodes.ts";

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
  /** What of the last answers is not used. */
  #unused: readonly ListFinding[] = [];

  constructor(dataDir: string, say: (entry: Entry) => void) {
    this.#dataDir = dataDir;
    this.#say = say;
    this.#conditions = new Conditions(say);
  }

  /** What is wrong for as long as it lasts. */
  conditions(): readonly Entry[] {
    return [...this.#conditions.list(), ...this.#unused.map(findingEntry)];
  }

  list(): NodeList {
    return this.#list;
  }

  /** The executor that ordered a node, if this host is another one now. */
  ownerOf(node: NodeList["nodes"][number]): string | undefined {
    return earlierOwner(this.#list, node);
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
    const accepted = acceptList(noteExecutor(this.#list, answer), answer, running);
    const { list } = accepted;
    const left = leftNodes(list);
    this.#noteLeft(left);
    const findings = accepted.findings.flatMap((finding) => beside(left, finding));
    const entries = findings.map(findingEntry);
    for (const entry of entries.filter(({ message }) => !this.#said.includes(message))) {
      this.#say(entry);
    }
    const isRefused = accepted.findings.some(({ kind }) => kind === "refused");
    if (answer.reply.list !== null || isRefused) {
      this.#said = entries.map(({ message }) => message);
      this.#unused = findings.filter(({ kind }) => kind === "refused" || kind === "older-revision");
    } else {
      // The host has the list of this answer, so only single orders in it may be unused.
      const over = this.#unused.filter(({ kind }) => kind === "refused").map(saidOf);
      this.#unused = this.#unused.filter(({ kind }) => kind !== "refused");
      this.#said = this.#said.filter((message) => !over.includes(message));
    }
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

  #noteLeft(left: LeftNodes | undefined): void {
    if (left === undefined) {
      this.#conditions.end("left");
    } else {
      this.#conditions.begin("left", leftEntry(left));
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

function saidOf(finding: ListFinding): string {
  return findingEntry(finding).message;
}

/** What is left of a finding beside nodes of an earlier executor, which explain it. */
function beside(left: LeftNodes | undefined, finding: ListFinding): readonly ListFinding[] {
  if (left === undefined) {
    return [finding];
  }
  if (finding.kind === "unlisted") {
    const names = finding.names.filter((name) => !left.names.includes(name));
    return names.length === 0 ? [] : [{ kind: "unlisted", names }];
  }
  return finding.kind === "refused" && finding.isOlder ? [] : [finding];
}
