import { connect, createServer, type Socket } from "node:net";
import { portOf } from "../../free-port.ts";

/** Stands between a program and a server on 127.0.0.1. */
export interface TcpGate {
  readonly port: number;
  /** Lets everything through, from now on and for what waits. */
  pass(): void;
  /** Cuts the connections and refuses new ones. */
  refuse(): void;
  /** Takes connections, and lets no byte through. */
  hold(): void;
  close(): Promise<void>;
}

export async function startTcpGate(serverPort: number): Promise<TcpGate> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "pass" | "refuse" | "hold" = "pass";
  const gate = createServer((client) => {
    if (state === "refuse") {
      client.destroy();
      return;
    }
    const server = connect(serverPort, "127.0.0.1");
    const pair = [client, server] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, pair.toReversed()]) {
      from?.setNoDelay(true);
      from?.on("data", (bytes) => to?.write(bytes));
      from?.on("error", () => undefined);
      from?.on("close", () => {
        to?.destroy();
        pairs.delete(pair);
      });
    }
    if (state === "hold") {
      for (const socket of pair) {
        socket.pause();
      }
    }
  });
  await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  const all = () => [...pairs].flat();
  return {
    port: portOf(gate),
    pass() {
      state = "pass";
      for (const socket of all()) {
        socket.resume();
      }
    },
    refuse() {
      state = "refuse";
      for (const socket of all()) {
        socket.destroy();
      }
    },
    hold() {
      state = "hold";
      for (const socket of all()) {
        socket.pause();
      }
    },
    async close() {
      for (const socket of all()) {
        socket.destroy();
      }
      await new Promise((resolve) => gate.close(resolve));
    },
  };
}
