import { lstat } from "node:fs/promises";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { errorChain, errorCode } from "../../lib/errors.ts";
import { inTime } from "../../lib/files/file-answer.ts";
import { makeFolder } from "../../lib/files/make-folder.ts";
import { listenOnUnixSocket, type UnixSocket } from "../../lib/unix-socket.ts";
import type { Entry } from "../journal/entry.ts";

/** How often to look whether the socket is still there, ms: one lstat(2). */
const LOOK_MS = 2000;
/** For root and the group of the agent. */
const UMASK = 0o117;

/**
 * A Unix socket that comes back: whoever cleans /run must not leave a running agent that nobody can
 * ask. It says so once when the socket is lost, and once when it is there again.
 */
export class KeptSocket {
  readonly #path: string;
  readonly #createServer: () => Server;
  readonly #say: (entry: Entry) => void;
  #server: Server;
  #socket: UnixSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLost = false;
  #isLooking = false;

  constructor(path: string, createServer: () => Server, say: (entry: Entry) => void) {
    this.#path = path;
    this.#createServer = createServer;
    this.#say = say;
    this.#server = createServer();
  }

  /** Rejects if nobody can listen there. */
  async open(): Promise<void> {
    this.#socket = await listenOnUnixSocket(this.#server, this.#path, UMASK);
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** Ends all connections, and removes the socket file if it is still its own. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#socket?.remove();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      await this.#lookOnce();
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    const isThere = await inTime(this.#path, () => lstat(this.#path)).then(
      () => true,
      (error: unknown) => errorCode(error) !== "ENOENT",
    );
    if (!isThere && this.#timer !== undefined) {
      await this.#restore();
    }
  }

  async #restore(): Promise<void> {
    const server = this.#createServer();
    try {
      await makeFolder(dirname(this.#path), 0o755);
      const socket = await listenOnUnixSocket(server, this.#path, UMASK);
      if (this.#timer === undefined) {
        socket.remove();
        server.close();
        return;
      }
      // Whoever is connected keeps the old one.
      this.#server.close();
      this.#server = server;
      this.#socket = socket;
      this.#isLost = false;
      const message = `The socket ${this.#path} was removed. The agent made it again.`;
      this.#say({ event: "socket.restored", message });
    } catch (error) {
      server.close();
      if (this.#isLost) {
        return;
      }
      this.#isLost = true;
      const message = `The socket ${this.#path} was removed, and cannot be made again: ${errorChain(error)}. The executor goes on, but no command can ask it. It is made as soon as its folder is back. Otherwise run: sudo novacula-agent restart`;
      this.#say({ event: "socket.lost", message });
    }
  }
}
