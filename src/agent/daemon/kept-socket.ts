import { lstat } from "node:fs/promises";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { errorChain, errorCode } from "../../lib/errors.ts";
import { inTime } from "../../lib/files/file-answer.ts";
import { makeFolder } from "../../lib/files/make-folder.ts";
import { withSudo } from "../../lib/shell-word.ts";
import { listenOnUnixSocket, type UnixSocket } from "../../lib/unix-socket.ts";
import type { Entry } from "../journal/entry.ts";

/** How often to look whether the socket is still there, ms: one lstat(2). */
const LOOK_MS = 2000;
/** For root and the group of the agent. */
const UMASK = 0o117;

/**
 * A Unix socket that comes back: after somebody has cleaned /run, a running agent can still be
 * asked. It says so once when the socket is lost, and once when it is there again.
 */
export class KeptSocket {
  readonly #path: string;
  readonly #createServer: () => Server;
  readonly #say: (entry: Entry) => void;
  /** The one that listens, and those before it that somebody is still connected to. */
  readonly #servers = new Set<Server>();
  #socket: UnixSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLost = false;
  #isLooking = false;

  constructor(path: string, createServer: () => Server, say: (entry: Entry) => void) {
    this.#path = path;
    this.#createServer = createServer;
    this.#say = say;
  }

  /** Rejects if nobody can listen there. */
  async open(): Promise<void> {
    const server = this.#createServer();
    this.#socket = await listenOnUnixSocket(server, this.#path, UMASK);
    this.#keep(server);
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  /** Ends all connections, and removes the socket file if it is still its own. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#socket?.remove();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #keep(server: Server): void {
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
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
      // A file in place of its folder takes the socket away as well.
      (error: unknown) => !["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? ""),
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
      for (const old of this.#servers) {
        old.close();
      }
      this.#keep(server);
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
      const message = `The socket ${this.#path} was removed, and cannot be made again: ${errorChain(error)}. The executor goes on, but no command can ask it. It is made as soon as its folder is back. Otherwise run: ${withSudo("novacula-agent restart")}`;
      this.#say({ event: "socket.lost", message });
    }
  }
}
