import { paint, print, type Terminal } from "../../../lib/command-line/terminal.ts";

/** One thing that a command does to the host, so that it can be told before it is done. */
export interface Step {
  /** In the imperative: `write /etc/systemd/system/novacula-agent.service`. */
  readonly what: string;
  /** False where the host is so already. Asked just before `perform`. */
  needed(): Promise<boolean>;
  perform(): Promise<void>;
}

/** Does what is needed, in order, and prints each step; with `isDryRun`, only prints. Resolves with how many were needed. */
export async function takeSteps(
  steps: readonly Step[],
  { isDryRun }: { readonly isDryRun: boolean },
  terminal: Terminal,
): Promise<number> {
  let needed = 0;
  for (const step of steps) {
    if (!(await step.needed())) {
      print(terminal, `${paint(terminal, "dim", "as it is ")} ${step.what}`);
      continue;
    }
    needed += 1;
    if (!isDryRun) {
      await step.perform();
    }
    print(
      terminal,
      `${isDryRun ? paint(terminal, "yellow", "would    ") : paint(terminal, "green", "done     ")} ${step.what}`,
    );
  }
  return needed;
}
