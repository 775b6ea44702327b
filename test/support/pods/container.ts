import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import * as z from "zod";
import { keepText } from "../canary.ts";
import { eventually } from "../eventually.ts";
import type { Bundle } from "./bundle.ts";

const run = promisify(execFile);
const jsonLine = z.object({ event: z.string(), msg: z.string() });

export interface Line {
  readonly event: string;
  readonly message: string;
  readonly atMs: number;
}

/** A container of runc, with the lines that its program logs as JSON. */
export class Container implements AsyncDisposable {
  readonly lines: Line[] = [];
  readonly #name = `novacula-test-${randomUUID()}`;
  readonly #pidFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #output = "";

  /** Starts what `confine` has left in the bundle. */
  constructor({ folder }: Bundle) {
    this.#pidFile = `${folder}.${this.#name}.pid`;
    const args = ["run", "--bundle", folder, "--pid-file", this.#pidFile, this.#name];
    this.#child = spawn("runc", args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) {
        createInterface({ input: stream }).on("line", (line) => this.#read(line));
      }
    }
    this.#ended = once(this.#child, "close").then(() => {
      keepText(`${this.#name}.log`, this.#output);
      return this.#child.exitCode;
    });
  }

  /** The process ID of its program, on the host. */
  async pid(): Promise<number> {
    return await eventually(() => existsSync(this.#pidFile) && Number(readFileSync(this.#pidFile, "utf8")), {
      describe: "the container has a process",
    });
  }

  /** Resolves with the first line of `event` from the `from`th line on. */
  async line(event: string, from = 0): Promise<Line> {
    return await eventually(() => this.lines.slice(from).find((line) => line.event === event), {
      describe: () => `a line ${event}, after:\n${this.#output}`,
    });
  }

  /** Runs a command in the container, as `kubectl exec` does. Resolves with its output. */
  async exec(...command: readonly string[]): Promise<string> {
    const { stdout } = await run("runc", ["exec", this.#name, ...command]);
    return stdout;
  }

  /** Sends SIGTERM to its program, as the kubelet does. */
  async terminate(): Promise<void> {
    await run("runc", ["kill", this.#name, "TERM"]);
  }

  /** Resolves with the exit code of its program. */
  async ended(): Promise<number | null> {
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("runc", ["delete", "--force", this.#name]);
    await this.#ended;
  }

  #read(line: string): void {
    this.#output += `${line}\n`;
    const record = line.startsWith("{") ? jsonLine.parse(JSON.parse(line)) : { event: "", msg: line };
    this.lines.push({ event: record.event, message: record.msg, atMs: performance.now() });
  }
}
