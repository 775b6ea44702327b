import { fork } from "node:child_process";
import { Server } from "node:net";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("own-loopback-child.ts", import.meta.url));

/**
 * A network with loopback only. A program in it reaches us, and none of this host's firewall rules.
 */
export interface OwnLoopback {
  /** Opened inside the network; its server may run outside. */
  readonly listener: Server;
  /** Put before a command to run it inside the network; the program keeps the process. */
  readonly enter: readonly string[];
  close(): void;
}

/** Needs root. The network exists as long as a process in it, or its listener. */
export async function makeOwnLoopback(): Promise<OwnLoopback> {
  const child = fork(CHILD, { execPath: "unshare", execArgv: ["--net", process.execPath] });
  const listener = await new Promise<Server>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error("unshare --net: no network of its own")));
    child.once("message", (_message, handle) => {
      if (handle instanceof Server) {
        resolve(handle);
      }
    });
  });
  return {
    listener,
    enter: ["nsenter", `--net=/proc/${child.pid}/ns/net`, "--"],
    close() {
      listener.close();
      if (child.connected) {
        child.disconnect();
      }
    },
  };
}
