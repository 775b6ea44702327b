import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { systemClock } from "../../lib/clock.ts";
import { errorCode } from "../../lib/errors.ts";
import { MORE_DESCRIPTORS } from "../../lib/files/open-files.ts";
import { Flood } from "../../lib/log/flood.ts";
import { inPlace } from "../../lib/shell-word.ts";
import type { Logger } from "../log/logger.ts";
import { connectionName } from "./client-address.ts";

/**
 * File descriptors kept free for everything but network connections: the database, the management
 * socket, files.
 */
const RESERVED = 32;
const LIMITS_FILE = "/proc/self/limits";
const OPEN_FILES = "/proc/self/fd";
const NOTE_INTERVAL_MS = 60_000;

/**
 * Keeps the number of connections below the process's limit of file descriptors, so that the
 * database and the management socket always get theirs. At the limit, closes the connection that
 * has been silent longest; if all have sent a request, closes the newest one unanswered. Logs one
 * line a minute about it. Neither server stops when accept() fails.
 */
export function limitConnections(server: Server, management: Server, logger: Logger): void {
  const room = descriptorRoom();
  const note = descriptorNote(logger, room?.limit);
  for (const listener of [server, management]) {
    listener.on("error", (error) => {
      if (!isOutOfDescriptors(error)) {
        throw error;
      }
      note();
    });
  }
  if (room === undefined) {
    return;
  }
  server.maxConnections = room.connections;
  server.on("drop", note);
  const silent = new SilentConnections();
  server.on("connection", (socket: Socket) => {
    if (silent.add(socket) >= room.connections && silent.endOldest(socket)) {
      note();
    }
  });
  server.on("request", (request: IncomingMessage) => silent.noteRequest(request.socket));
}

/** Whether the error, or a cause of it, is that no file descriptor is left. */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === "EMFILE" || code === "ENFILE" || (error instanceof Error && isOutOfDescriptors(error.cause))
  );
}

/**
 * Connections that have sent no request yet, oldest first. They are known by their addresses:
 * under TLS, a request has another socket object than its connection.
 */
class SilentConnections {
  private open = 0;
  private readonly sockets = new Map<string, Socket>();
  private readonly heard = new WeakSet<Socket>();

  /** Returns how many connections are open now. */
  add(socket: Socket): number {
    const name = connectionName(socket);
    this.open += 1;
    this.sockets.set(name, socket);
    socket.once("close", () => {
      this.open -= 1;
      this.sockets.delete(name);
    });
    return this.open;
  }

  noteRequest(socket: Socket): void {
    if (this.heard.has(socket)) {
      return;
    }
    this.heard.add(socket);
    this.sockets.delete(connectionName(socket));
  }

  /** Closes the oldest silent connection; returns false if `newest` is the only one. */
  endOldest(newest: Socket): boolean {
    const [oldest] = this.sockets.values();
    if (oldest === undefined || oldest === newest) {
      return false;
    }
    oldest.destroy();
    return true;
  }
}

function descriptorNote(logger: Logger, limit: number | undefined): () => void {
  const flood = new Flood({ burst: 1, refillMs: NOTE_INTERVAL_MS }, systemClock.now);
  return () => {
    const before = flood.admit("");
    if (before === undefined) {
      return;
    }
    logger.error(
      { event: "descriptors.exhausted", limit, closed: before + 1 },
      `Connections are closed unanswered: no file descriptor is left for another one (limit ${limit ?? "unknown"}). Fix: ${inPlace(MORE_DESCRIPTORS)}`,
    );
  };
}

/** Undefined if the system does not say or sets no limit. */
function descriptorRoom(): { readonly limit: number; readonly connections: number } | undefined {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync(LIMITS_FILE, "utf8"))?.[1]);
    if (!Number.isFinite(limit)) {
      return undefined;
    }
    const left = limit - readdirSync(OPEN_FILES).length;
    return { limit, connections: Math.max(1, left - Math.min(RESERVED, Math.floor(left / 2))) };
  } catch {
    return undefined;
  }
}
