import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { eventually } from "./eventually.ts";

/** A program of somebody else that serves a port. Its disposal is a SIGTERM. */
export interface Listener extends AsyncDisposable {
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/** Starts it in the foreground; resolves once something listens on `port`, or rejects with its stderr. */
export async function startListener(
  program: string,
  args: readonly string[],
  port: number,
): Promise<Listener> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const complaints = text(child.stderr);
  const closed = once(child, "close");
  await eventually(
    async () => {
      if (child.exitCode !== null) {
        return { ended: await complaints };
      }
      return (await isListening(port)) && { ended: undefined };
    },
    { describe: `${program} listens` },
  ).then(({ ended }) => {
    if (ended !== undefined) {
      throw new Error(`${program} ended: ${ended}`);
    }
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
  };
  return { kill: () => end("SIGKILL"), [Symbol.asyncDispose]: () => end("SIGTERM") };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
