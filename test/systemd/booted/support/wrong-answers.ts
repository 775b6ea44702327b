import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import type { Machine } from "./machine.ts";

const PROGRAM = fileURLToPath(new URL("wrong-control-plane.ts", import.meta.url));

export interface WrongAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers in the place of the control plane of a machine, whose service must be stopped. */
export class WrongAnswers {
  readonly #machine: Machine;
  readonly #program: ChildProcessWithoutNullStreams;
  #changes = 0;
  /** Answers since the last change. */
  #answers = 0;

  private constructor(machine: Machine) {
    const program = machine.spawnInNetwork([process.execPath, PROGRAM]);
    this.#machine = machine;
    this.#program = program;
    createInterface({ input: program.stdout }).on("line", (line) => {
      if (line.startsWith("answered")) {
        this.#answers += 1;
      } else {
        this.#changes += 1;
        this.#answers = 0;
      }
    });
    onTestFinished(() => {
      program.stdin.end();
    });
  }

  static async start(machine: Machine): Promise<WrongAnswers> {
    const answers = new WrongAnswers(machine);
    await answers.#until(() => answers.#changes > 0, "the wrong control plane listens");
    return answers;
  }

  /** Gives this answer from now on. Resolves once the agent has had it more than once. */
  async give(answer: WrongAnswer): Promise<void> {
    const before = this.#changes;
    this.#program.stdin.write(`${JSON.stringify(answer)}\n`);
    await this.#until(() => this.#changes > before, "the answer is changed");
    // Its own pace would be up to a minute after a refusal.
    while (this.#answers < 2) {
      const had = this.#answers;
      // It ends with the state of the executor, which is what the answer makes of it.
      await this.#machine.try(["novacula-agent", "retry"]);
      await this.#until(() => this.#answers > had, `the agent has had ${answer.status}`);
    }
  }

  async #until(predicate: () => boolean, describe: string): Promise<void> {
    await eventually(predicate, { timeoutMs: 120_000, describe });
  }
}
