import { errorChain } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Entry } from "../journal/entry.ts";

/** More kinds of bugs are not told apart. */
const MOST_KINDS = 20;

/** Runs parts of this program whose bugs must not stop the agent. Each kind is said once. */
export class BugGuard {
  readonly #say: (entry: Entry) => void;
  readonly #said = new Set<string>();
  /** The bug that the last piece of work met. */
  #last: Entry | undefined;

  constructor(say: (entry: Entry) => void) {
    this.#say = say;
  }

  /** Never rejects; undefined after a bug. */
  async run<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      const value = await work();
      this.#last = undefined;
      return value;
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  /** The bug, until the part works again. */
  last(): Entry | undefined {
    return this.#last;
  }

  #note(error: unknown): void {
    const text = printable(errorChain(error), 300);
    const stack = error instanceof Error ? printable(error.stack ?? "", 1000) : "";
    const message = `A bug in the part that keeps nodes: ${text}. The executor stays online, and the nodes go on. ${stack}`;
    this.#last = { event: "nodes.bug", message };
    if (this.#said.has(text) || this.#said.size >= MOST_KINDS) {
      return;
    }
    this.#said.add(text);
    this.#say(this.#last);
  }
}
