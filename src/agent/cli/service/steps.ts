import { paint, print, type Terminal } from "../../../lib/command-line/terminal.ts";

/** One change to the host, which can be announced before it is made. */
export interface Step {
  /** In the imperative: `write /etc/systemd/system/novacula-agent.service`. */
  readonly what: string;
  /** False if there is nothing to do. Asked just before `perform`. */
  needed(): Promise<boolean>;
  perform(): Promise<void>;
}

/** Performs the needed steps in order and prints each; with `isDryRun` it only prints. */
export async function takeSteps(
  steps: readonly Step[],
  { isDryRun }: { readonly isDryRun: boolean },
  terminal: Terminal,
): Promise<void> {
  for (const step of steps) {
    if (!(await step.needed())) {
      print(terminal, `${paint(terminal, "dim", "unchanged")} ${step.what}`);
      continue;
    }
    if (!isDryRun) {
      await step.perform();
    }
    print(
      terminal,
      `${isDryRun ? paint(terminal, "yellow", "would    ") : paint(terminal, "green", "done     ")} ${step.what}`,
    );
  }
}
