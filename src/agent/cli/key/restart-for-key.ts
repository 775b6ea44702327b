import { CommandError } from "../../../lib/command-line/command-error.ts";
import { confirm } from "../../../lib/command-line/confirm.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { controlService } from "../service/control-service.ts";
import { confirmKey, type PlacedKey } from "./confirm-key.ts";

/**
 * Makes the service use a key that was written to the source of its credential: restarts it if
 * `isOrdered`, or if the person at the terminal agrees. Resolves with the exit code of set-key.
 */
export async function restartForKey(
  placed: PlacedKey,
  isOrdered: boolean,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode | number> {
  const { running, key } = placed;
  const isInUse = running.kind === "answered" && running.status.key?.fingerprint === key.fingerprint;
  if (running.kind === "not-running" || isInUse) {
    return await confirmKey(placed, terminal, signal);
  }
  if (!isOrdered && !(await agrees(placed, terminal))) {
    complain(
      terminal,
      "The service uses the old key until it is restarted: systemd reads a credential only at a start.",
    );
    complain(terminal, `Fix: ${asRoot("novacula-agent restart")}`);
    return ExitCode.couldNotTell;
  }
  const code = await controlService("restart", terminal);
  return code === 0 ? await confirmKey(placed, terminal, signal) : ExitCode.bad;
}

async function agrees({ wasTried }: PlacedKey, terminal: Terminal): Promise<boolean> {
  if (terminal.stdin.isTTY !== true) {
    return false;
  }
  const warning = wasTried
    ? "The service has to be restarted to use the key. The nodes keep running."
    : "The service has to be restarted to use the key. The key could not be tried: if it is refused, the executor goes offline.";
  try {
    await confirm({ warning, question: "Restart it now?" }, terminal);
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.code === "cancelled") {
      return false;
    }
    throw error;
  }
}
