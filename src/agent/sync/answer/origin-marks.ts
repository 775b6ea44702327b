import { ANSWER_MARK, ANSWER_MARK_HEADER } from "../../../protocol/answer-mark.ts";
import { type Answer, header } from "./http-answer.ts";
import type { SyncOutcome } from "./sync-outcome.ts";

/** More control planes than one host ever has. */
export const MAX_MARKED_ORIGINS = 8;

export function hasMarkHeader(answer: Pick<Answer, "headers">): boolean {
  return header(answer, ANSWER_MARK_HEADER) === ANSWER_MARK;
}

/**
 * The origins whose control plane marks its answers. From one of them, a refusal without the mark
 * is no verdict. An acceptance without the mark, as by a control plane that was set back to an
 * older version, ends that.
 */
export class OriginMarks {
  /** The newest last. */
  readonly #origins: Set<string>;

  constructor(origins: readonly string[] = []) {
    this.#origins = new Set(origins.slice(0, MAX_MARKED_ORIGINS).toReversed());
  }

  has(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Learns from an answer and what it was judged to be. */
  note(origin: string, answer: Pick<Answer, "headers">, outcome: SyncOutcome<unknown>): void {
    const isRefusal = outcome.kind === "refused" || outcome.kind === "forbidden";
    if (hasMarkHeader(answer) || (isRefusal && outcome.isMarked)) {
      this.#add(origin);
    } else if (outcome.kind === "accepted") {
      this.#origins.delete(origin);
    }
  }

  /** The newest first. */
  list(): readonly string[] {
    return [...this.#origins].toReversed();
  }

  #add(origin: string): void {
    if (this.#origins.has(origin)) {
      return;
    }
    this.#origins.add(origin);
    for (const oldest of this.#origins) {
      if (this.#origins.size <= MAX_MARKED_ORIGINS) {
        break;
      }
      this.#origins.delete(oldest);
    }
  }
}
