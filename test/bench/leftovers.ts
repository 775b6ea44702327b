import { constants } from "node:os";

/** Removes what must not outlive the benchmark, even if it fails or is interrupted. */
const leftovers = new Set<() => void>();

process.on("exit", () => {
  for (const remove of [...leftovers].reverse()) {
    attempt(remove);
  }
});
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Calls `remove` once when this process exits, in reverse order. The result cancels that. */
export function removeAtExit(remove: () => void): () => void {
  leftovers.add(remove);
  return () => void leftovers.delete(remove);
}

/** A failed removal must not stop the others. */
function attempt(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    process.stderr.write(`bench: left behind: ${String(error)}\n`);
  }
}
