import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const OPEN = new URL("open-by-url.ts", import.meta.url).href;

/** A process that has a store of its own on the database, as another control plane has. */
export interface StoreProgram {
  readonly child: ChildProcess;
  /** What it has printed, line by line. */
  readonly lines: readonly string[];
  /** Its exit code, or the signal that ended it, once all its lines are there. */
  readonly ended: Promise<number | string>;
}

/** `work` is the body of a function that has the open `store` and `print`. */
export function startStoreProgram(url: string, work: string): StoreProgram {
  const program = `const { openByUrl } = await import(${JSON.stringify(OPEN)});
    const print = (line) => process.stdout.write(line + "\\n");
    const store = await openByUrl(process.env.STORE_URL);
    ${work}
    await store.close();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env["PATH"], STORE_URL: url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const ended = once(child, "close").then(([code, signal]): number | string => code ?? signal);
  return { child, lines, ended };
}
