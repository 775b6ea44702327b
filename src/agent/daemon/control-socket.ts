import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { startDeadline } from "../../lib/deadline.ts";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { writeFailure } from "../../lib/files/write-failure.ts";
import { withoutSecrets } from "../../lib/log/secret-guard.ts";
import { isAnswered, socketPathProblem } from "../../lib/unix-socket.ts";
import type { Entry } from "../journal/entry.ts";
import type { Agent } from "./agent.ts";
import { KeptSocket } from "./kept-socket.ts";
import type { NodeAnswer } from "./nodes-part.ts";
import type { NodesStatus } from "./status/nodes-status.ts";
import { type AgentStatus, keyIs } from "./status/status.ts";

/** The longest wait that a client may ask for, ms. */
const LONGEST_WAIT_MS = 600_000;

/** The open socket. */
export interface ControlSocket {
  /** Ends all connections, and removes the socket file if it is still its own. */
  close(): void;
}

export function controlSocketPath(runtimeDir: string): string {
  return join(runtimeDir, "agent.sock");
}

/**
 * `<runtime_dir>/agent.sock`, mode 0660, made again if somebody removes it: how the command line
 * talks to the running agent. HTTP over a Unix socket:
 *
 *   GET  /status[?key=FINGERPRINT&timeoutMs=N]   the status; with `key`, once that key is in use
 *   POST /retry                                  syncs now instead of at the planned time
 *   POST /reload[?wait=0]                        reads the files now; answers at once with wait=0,
 *                                                otherwise when what they say was tried
 *   GET  /nodes                                  the nodes
 *   GET  /nodes/logs?name=N&lines=N[&role=R]     the last lines of a process's log
 *   POST /nodes/forget?name=N                    drops an unlisted node that is stopped
 *   POST /nodes/purged?name=N                    frees the name of kept data that is deleted now
 *   POST /allow-new-organization                 the next key may be of another organization
 *
 * The folder exists and is locked, so what is found in it was left behind. Rejects with an
 * OperatorError if a program listens on the socket, or the folder is not writable.
 */
export async function openControlSocket(
  runtimeDir: string,
  agent: Agent,
  say: (entry: Entry) => void,
): Promise<ControlSocket> {
  const path = controlSocketPath(runtimeDir);
  const problem = socketPathProblem(path);
  if (problem !== undefined) {
    throw new OperatorError(
      `cannot listen on ${path}: ${problem}. Fix: set agent.runtime_dir to a shorter folder`,
    );
  }
  const serve = () =>
    createServer((request, response) => {
      answer(request, response, agent).catch(() => response.destroy());
    });
  try {
    if (await isAnsweredByAnother(path)) {
      throw new OperatorError(
        `another program listens on ${path}: stop it, or set agent.runtime_dir to another folder`,
      );
    }
    rmSync(path, { force: true });
    const socket = new KeptSocket(path, serve, say);
    await socket.open();
    return socket;
  } catch (error) {
    if (error instanceof OperatorError) {
      throw error;
    }
    throw notListening(path, error);
  }
}

/** A folder or a mode is in the way of the file; what else the system says stays its own words. */
function notListening(path: string, error: unknown): OperatorError {
  if (!IN_THE_WAY.has(errorCode(error) ?? "")) {
    return new OperatorError(`cannot listen on ${path}`, { cause: error });
  }
  const { problem, fix } = writeFailure(path, error, "novacula-agent");
  return new OperatorError(`cannot listen on ${path}: ${problem}. Fix: ${fix}`);
}

const IN_THE_WAY: ReadonlySet<string> = new Set(["ERR_FS_EISDIR", "ENOTDIR", "EACCES", "EPERM", "EROFS"]);

/** True also for an agent too old to know the lock, and for one that does not let this user in. */
async function isAnsweredByAnother(path: string): Promise<boolean> {
  try {
    return await isAnswered(path);
  } catch (error) {
    if (errorCode(error) === "EACCES" || errorCode(error) === "EPERM") {
      return true;
    }
    throw error;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, agent: Agent): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://agent");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const operation = `${request.method} ${url?.pathname}`;
  const status = await handle(operation, url?.searchParams ?? new URLSearchParams(), agent, gone.signal);
  response.writeHead(status === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(withoutSecrets(JSON.stringify(status ?? { error: "no such operation" })));
}

async function handle(
  operation: string,
  parameters: URLSearchParams,
  agent: Agent,
  gone: AbortSignal,
): Promise<AgentStatus | NodesStatus | NodeAnswer | undefined> {
  const name = parameters.get("name") ?? "";
  switch (operation) {
    case "GET /nodes":
      return agent.nodes();
    case "GET /nodes/logs":
      return await agent.nodeLogs(name, parameters.get("role") ?? undefined, Number(parameters.get("lines")));
    case "POST /nodes/forget":
      return await agent.forgetNode(name);
    case "POST /nodes/purged":
      return await agent.nodePurged(name);
    case "GET /status":
      return await statusOnceOn(parameters.get("key"), Number(parameters.get("timeoutMs")), agent, gone);
    case "POST /retry":
      return await agent.retry();
    case "POST /reload":
      if (parameters.get("wait") !== "0") {
        return await agent.reload();
      }
      void agent.reload();
      return agent.status();
    case "POST /allow-new-organization":
      agent.allowNewOrganization();
      return agent.status();
    default:
      return undefined;
  }
}

async function statusOnceOn(
  fingerprint: string | null,
  timeoutMs: number,
  agent: Agent,
  gone: AbortSignal,
): Promise<AgentStatus> {
  if (fingerprint === null) {
    return agent.status();
  }
  using limit = startDeadline(Math.min(LONGEST_WAIT_MS, Math.max(0, timeoutMs || 0)), gone);
  return await agent.until((status) => keyIs(status, fingerprint), limit.signal);
}
