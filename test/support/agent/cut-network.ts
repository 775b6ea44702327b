import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What becomes of a connection: it is carried, refused, or accepted and never answered. */
export type NetworkState = "up" | "refusing" | "silent";

/** The way from an agent to a control plane, which a test can cut. Its own address stays the same. */
export async function cutNetwork(targetPort: () => number) {
  const state = { now: "up" as NetworkState };
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    if (state.now === "refusing") {
      near.destroy();
    } else if (state.now === "up") {
      const far = keep(connect(targetPort(), "127.0.0.1"));
      near.pipe(far).pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    set("refusing");
    await new Promise((resolve) => server.close(resolve));
  });

  /** Ends what is open: who waits for an answer meets the new state. */
  function set(next: NetworkState): void {
    state.now = next;
    for (const socket of sockets) {
      if (next === "silent") {
        socket.unpipe();
        socket.removeAllListeners("data");
      } else {
        socket.destroy();
      }
    }
  }
  return { url: `http://127.0.0.1:${port}`, state: () => state.now, set };
}
