import type { HttpReply } from "./answer.ts";

interface KnownAnswer {
  readonly version: string;
  readonly reply: HttpReply;
}

/** More than a page repeats. */
const MAX_KNOWN = 20;

/** The newest answers, so that the control plane need not send them again while nothing changes. */
export class KnownAnswers {
  private readonly known = new Map<string, KnownAnswer>();

  find(question: string): KnownAnswer | undefined {
    return this.known.get(question);
  }

  keep(question: string, answer: KnownAnswer): void {
    this.known.delete(question);
    this.known.set(question, answer);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN && oldest !== undefined) {
      this.known.delete(oldest);
    }
  }

  /** Nothing of a session outlives it. */
  forget(): void {
    this.known.clear();
  }
}
