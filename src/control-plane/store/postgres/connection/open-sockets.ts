import { Socket } from "node:net";

/**
 * The sockets of connections. The driver ends a connection only after the answers to all that it
 * has sent, and a silent server does not answer.
 */
export class OpenSockets {
  private readonly sockets = new Set<Socket>();

  create(): Socket {
    const socket = new Socket();
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    return socket;
  }

  /** Ends the connections now. What was on the way is rejected. */
  destroy(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }
}
