import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { errorCode } from "../lib/errors.ts";

/** Whoever has the turn needs it for milliseconds, or for as long as an agent that hangs is asked for its name. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 10;

/**
 * Of the processes that start with one folder at the same instant, one at a time: between the look at a socket that a
 * dead agent left behind and its replacement no other may look. Resolves with the end of the turn.
 *
 * The turn is a socket in Linux's abstract namespace (unix(7)): only one process can bind a name, and the kernel frees it
 * however that process ends, so nothing can be left behind. Any user may bind any name there, and must not be able to
 * keep the agent from starting: who waits in vain goes on without its turn. The namespace is the network's: containers
 * that share a folder but no network are not kept apart.
 */
export async function takeStartTurn(folder: string): Promise<Disposable> {
  const { dev, ino } = await stat(folder);
  const name = `\0novacula-agent/${dev}/${ino}`;
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const turn = await bind(name);
    if (turn !== "taken" || performance.now() >= until)
      return { [Symbol.dispose]: () => void (turn === "taken" || turn.close()) };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function bind(name: string): Promise<Server | "taken"> {
  return new Promise((resolve) => {
    const server = createServer((stranger) => stranger.destroy());
    server.once("listening", () => resolve(server));
    // Where there is no such namespace, everyone has its turn at once.
    server.once("error", (error) => resolve(errorCode(error) === "EADDRINUSE" ? "taken" : server));
    server.listen(name);
  });
}
