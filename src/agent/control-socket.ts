import { mkdir, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { errorCode, OperatorError } from "../lib/errors.ts";
import type { Agent } from "./agent.ts";
import { type AgentStatus, keyIs } from "./status.ts";

/** The longest that a client may ask to be kept waiting, ms. */
const LONGEST_WAIT_MS = 600_000;

export function controlSocketPath(runtimeDir: string): string {
  return join(runtimeDir, "agent.sock");
}

/**
 * `<runtime_dir>/agent.sock`, mode 0660: how the command line talks to the running agent, and the lock that lets only
 * one run. HTTP over a Unix socket:
 *
 *   GET  /status[?key=FINGERPRINT&timeoutMs=N]   the status; with `key`, once the executor is on that key
 *   POST /retry                                  whatever waits is tried at once
 *   POST /reload                                 reads the files now, answers when it is decided what they are good for
 *   POST /allow-new-organization                 the next key may be of another organization
 *
 * Rejects with an OperatorError where another agent holds the socket, or the folder cannot be written.
 */
export async function openControlSocket(runtimeDir: string, agent: Agent): Promise<Server> {
  const path = controlSocketPath(runtimeDir);
  await makeRoom(runtimeDir, path);
  const server = createServer((request, response) => {
    void answer(request, response, agent);
  });
  const umask = process.umask(0o117);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    throw new OperatorError(`cannot listen on ${path}`, { cause: error });
  } finally {
    process.umask(umask);
  }
  return server;
}

async function makeRoom(runtimeDir: string, path: string): Promise<void> {
  try {
    await mkdir(runtimeDir, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new OperatorError(
      `cannot create ${runtimeDir}: set [agent].runtime_dir to a folder that this user may write`,
      { cause: error },
    );
  }
  if (await isAnswering(path))
    throw new OperatorError(
      `another novacula-agent runs already (it answers on ${path}): see novacula-agent status, or stop it first`,
    );
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw new OperatorError(`cannot replace ${path}`, { cause: error });
  }
}

/** A socket that a dead process left behind refuses at once. */
function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, agent: Agent): Promise<void> {
  const url = new URL(request.url ?? "/", "http://agent");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const status = await handle(`${request.method} ${url.pathname}`, url.searchParams, agent, gone.signal);
  response.writeHead(status === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(status ?? { error: "no such operation" }));
}

async function handle(
  operation: string,
  parameters: URLSearchParams,
  agent: Agent,
  gone: AbortSignal,
): Promise<AgentStatus | undefined> {
  switch (operation) {
    case "GET /status":
      return await statusOnceOn(parameters.get("key"), Number(parameters.get("timeoutMs")), agent, gone);
    case "POST /retry":
      agent.retry();
      return agent.status();
    case "POST /reload":
      return await agent.reload();
    case "POST /allow-new-organization":
      agent.allowNewOrganization();
      return agent.status();
    default:
      return undefined;
  }
}

function statusOnceOn(
  fingerprint: string | null,
  timeoutMs: number,
  agent: Agent,
  gone: AbortSignal,
): Promise<AgentStatus> | AgentStatus {
  if (fingerprint === null) return agent.status();
  const limit = AbortSignal.timeout(Math.min(LONGEST_WAIT_MS, Math.max(0, timeoutMs || 0)));
  return agent.until((status) => keyIs(status, fingerprint), AbortSignal.any([limit, gone]));
}
