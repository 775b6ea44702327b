import { mkdir, unlink } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { errorCode, OperatorError } from "../lib/errors.ts";
import type { Agent } from "./agent.ts";
import { takeStartTurn } from "./start-turn.ts";
import { type AgentStatus, agentStatusSchema, keyIs } from "./status.ts";

/** The longest that a client may ask to be kept waiting, ms. */
const LONGEST_WAIT_MS = 600_000;
/** How long a process that holds the socket has to say who it is, ms. */
const INTRODUCTION_MS = 2000;

export function controlSocketPath(runtimeDir: string): string {
  return join(runtimeDir, "agent.sock");
}

/**
 * `<runtime_dir>/agent.sock`, mode 0660: how the command line talks to the running agent, and the lock that lets only
 * one run. HTTP over a Unix socket:
 *
 *   GET  /status[?key=FINGERPRINT&timeoutMs=N]   the status; with `key`, once the executor is on that key
 *   POST /retry                                  whatever waits is tried at once
 *   POST /reload[?wait=0]                        reads the files now, answers when it is decided what they are good for, or at once
 *   POST /allow-new-organization                 the next key may be of another organization
 *
 * Rejects with an OperatorError where another agent holds the socket, or the folder cannot be written.
 */
export async function openControlSocket(runtimeDir: string, agent: Agent): Promise<Server> {
  const path = controlSocketPath(runtimeDir);
  await makeFolder(runtimeDir);
  using _turn = await takeStartTurn(runtimeDir);
  await makeRoom(path);
  return await listen(path, agent);
}

async function listen(path: string, agent: Agent): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response, agent).catch(() => response.destroy());
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

async function makeFolder(runtimeDir: string): Promise<void> {
  try {
    await mkdir(runtimeDir, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new OperatorError(
      `cannot create ${runtimeDir}: set [agent].runtime_dir to a folder that this user may write`,
      { cause: error },
    );
  }
}

async function makeRoom(path: string): Promise<void> {
  const holder = await holderOf(path);
  if (holder !== undefined)
    throw new OperatorError(
      `another novacula-agent runs already (${holder}, on ${path}): see novacula-agent status, or stop it first`,
    );
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw new OperatorError(`cannot replace ${path}`, { cause: error });
  }
}

/** `PID 4711`, where a process answers on the socket; undefined for one that a dead process left behind, which refuses at once. */
function holderOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const question = openRequest({ socketPath: path, path: "/status", timeout: INTRODUCTION_MS });
    const unnamed = () => resolve("it does not say its PID");
    question.once("response", (response) => {
      text(response)
        .then((body) => resolve(`PID ${agentStatusSchema.parse(JSON.parse(body)).pid}`))
        .catch(unnamed);
    });
    question.once("timeout", () => {
      unnamed();
      question.destroy();
    });
    question.once("error", (error) => {
      const isNobody = ["ENOENT", "ECONNREFUSED", "ENOTSOCK"].includes(errorCode(error) ?? "");
      resolve(isNobody ? undefined : "it does not say its PID");
    });
    question.end();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, agent: Agent): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://agent");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const operation = `${request.method} ${url?.pathname}`;
  const status = await handle(operation, url?.searchParams ?? new URLSearchParams(), agent, gone.signal);
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
      if (parameters.get("wait") !== "0") return await agent.reload();
      void agent.reload();
      return agent.status();
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
