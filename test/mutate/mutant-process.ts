import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";

const WORKER = join(import.meta.dirname, "mutant-worker.ts");
/** A mutant that takes so many times longer than the module itself, and this much more, never ends. */
const PATIENCE = 4;
const LEAST_PATIENCE_MS = 5000;
const answerSchema = z.strictObject({ isKilled: z.boolean(), noticedBy: z.string().optional() });

/** Whether a test fails with the mutant, or does not end. */
export interface Answer {
  readonly isKilled: boolean;
  /** The file of that test; undefined if none ended, or something else failed. */
  readonly noticedBy?: string | undefined;
}

/** Asks a worker about one mutant after the other, and starts another one if it hangs. */
export class MutantProcess implements Disposable {
  readonly #tests: readonly string[];
  #child: ChildProcess | undefined;
  #patienceMs = 2 ** 31 - 1;

  constructor(tests: readonly string[]) {
    this.#tests = tests;
  }

  /** Rejects if the tests do not pass with the module as it is. */
  async begin(path: string, text: string): Promise<void> {
    const start = performance.now();
    // However slow the machine is.
    this.#patienceMs = 2 ** 31 - 1;
    if ((await this.ask(path, text)).isKilled) {
      throw new Error(`the tests do not pass with ${path} as it is: ${this.#tests.join(" ")}`);
    }
    this.#patienceMs = LEAST_PATIENCE_MS + PATIENCE * (performance.now() - start);
  }

  /** @param first the test file that most likely notices this text of the module */
  async ask(path: string, text: string, first?: string): Promise<Answer> {
    this.#child ??= await this.#start();
    const child = this.#child;
    child.send({ path, text, first });
    const timeout = new AbortController();
    const patience = setTimeout(() => timeout.abort(), this.#patienceMs);
    try {
      const [answer]: unknown[] = await once(child, "message", { signal: timeout.signal });
      return answerSchema.parse(answer);
    } catch (error) {
      if (!timeout.signal.aborted) {
        throw error;
      }
      this[Symbol.dispose]();
      return { isKilled: true };
    } finally {
      clearTimeout(patience);
    }
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(WORKER, [...this.#tests], {
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(child, "message");
    return child;
  }

  /** Ends it with the processes that it started. */
  [Symbol.dispose](): void {
    if (this.#child?.pid !== undefined) {
      process.kill(-this.#child.pid, "SIGKILL");
    }
    this.#child = undefined;
  }
}
