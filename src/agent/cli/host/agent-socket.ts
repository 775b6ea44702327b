import { stat } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { dirname } from "node:path";
import type * as z from "zod";
import { readAccounts } from "../../../lib/accounts.ts";
import { startDeadline } from "../../../lib/deadline.ts";
import { errorCode } from "../../../lib/errors.ts";
import { inTime, NoFileAnswer } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { controlSocketPath } from "../../daemon/control-socket.ts";
import { type AgentStatus, agentStatusSchema } from "../../daemon/status/status.ts";

/** Why no agent answered. `why` is one or more sentences. */
type Unanswered =
  | { readonly kind: "not-running"; readonly why: string }
  /** `isDenied`: this user may not ask. */
  | { readonly kind: "no-answer"; readonly why: string; readonly isDenied: boolean };

/** The result of asking the running agent for its status. */
export type AgentAnswer = { readonly kind: "answered"; readonly status: AgentStatus } | Unanswered;

/** The result of asking it for something else. */
export type AgentValue<Value> = { readonly kind: "answered"; readonly value: Value } | Unanswered;

/** `GET /status?key=…`: an operation of src/agent/daemon/control-socket.ts. */
export type AgentOperation = `${"GET" | "POST"} /${string}`;

/** A status takes a few kilobytes, and 1000 lines of a log up to 4 MiB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** In characters. A sentence about a configuration with many mistakes has thousands. */
const MAX_TEXT = 16_384;

/** How long to wait for an answer, ms, beyond the wait that was asked for. */
const PATIENCE_MS = 15_000;

/**
 * Asks the agent with this `runtimeDir` for its status. The agent may hold back its answer for
 * `waitMs`. Anybody may own the socket, so time and size are limited, and all texts come back
 * printable.
 */
export async function askAgent(
  runtimeDir: string,
  operation: AgentOperation,
  waitMs: number,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  const answer = await askAgentFor(agentStatusSchema, runtimeDir, operation, waitMs, signal);
  return answer.kind === "answered" ? { kind: answer.kind, status: answer.value } : answer;
}

/** The same for an answer with another schema. */
export async function askAgentFor<Value>(
  schema: z.ZodType<Value>,
  runtimeDir: string,
  operation: AgentOperation,
  waitMs: number,
  signal: AbortSignal,
): Promise<AgentValue<Value>> {
  const path = controlSocketPath(runtimeDir);
  try {
    // If the mount hangs, connect(2) would block the whole process.
    await inTime(path, () => stat(path));
    using deadline = startDeadline(waitMs + PATIENCE_MS, signal);
    const answer = await exchange(path, operation, deadline.signal).catch((error: unknown) => {
      if (!deadline.isPast()) {
        throw error;
      }
    });
    if (answer === undefined) {
      return await explain("ETIMEDOUT", path);
    }
    return answer.status === 200 ? decode(schema, answer.body, path) : noAnswer(tooOld(path));
  } catch (error) {
    if (error instanceof NoFileAnswer) {
      return noAnswer(`${printable(path)} ${error.message}.`);
    }
    return await explain(errorCode(error) ?? "", path);
  }
}

function exchange(
  socketPath: string,
  operation: AgentOperation,
  signal: AbortSignal,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const [method, path] = operation.split(" ");
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, signal, agent: false }, (incoming) => {
      bodyOf(incoming).then((body) => resolve({ status: incoming.statusCode, body }), reject);
    });
    outgoing.on("error", reject).end();
  });
}

/** Empty if the body exceeds 8 MiB; the connection is then closed. */
async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_ANSWER_BYTES) {
      return "";
    }
  }
  return Buffer.concat(chunks).toString();
}

function decode<Value>(schema: z.ZodType<Value>, body: string, path: string): AgentValue<Value> {
  try {
    const printed = JSON.parse(body, (_name, value: unknown) =>
      typeof value === "string" ? printable(value, MAX_TEXT) : value,
    );
    const decoded = schema.safeParse(printed);
    return decoded.success ? { kind: "answered", value: decoded.data } : noAnswer(tooOld(path));
  } catch {
    return noAnswer(tooOld(path));
  }
}

async function explain(code: string, path: string): Promise<Unanswered> {
  const shown = printable(path);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return { kind: "not-running", why: `No agent runs here: there is no ${shown}.` };
    case "ECONNREFUSED":
      return { kind: "not-running", why: `No agent runs here: ${shown} is a stale socket.` };
    case "EACCES":
    case "EPERM":
      return noAnswer(`This user cannot ask the agent at ${shown}. ${await whoMay(path)}`, true);
    case "ABORT_ERR":
      return noAnswer("Interrupted.");
    case "ENAMETOOLONG":
    case "EINVAL":
      return noAnswer(`${shown} is too long for a socket. Fix: set a shorter agent.runtime_dir.`);
    default:
      return noAnswer(
        `The agent at ${shown} did not answer${code === "" ? "" : ` (${printable(code, 40)})`}. Its journal may say why. Run: ${asRoot("journalctl -u novacula-agent")}`,
      );
  }
}

async function whoMay(path: string): Promise<string> {
  for (const place of [path, dirname(path)]) {
    try {
      const { gid } = await inTime(place, () => stat(place));
      return `Only root and the group ${groupName(gid)} can. Fix: use sudo, or join that group.`;
    } catch {
      // A folder that this user cannot enter hides the socket, but is itself visible.
    }
  }
  return "Use sudo.";
}

function groupName(gid: number): string {
  return printable(readAccounts().groups.find((group) => group.gid === gid)?.name ?? gid);
}

function noAnswer(why: string, isDenied = false): Unanswered {
  return { kind: "no-answer", why, isDenied };
}

function tooOld(path: string): string {
  return `The agent at ${printable(path)} runs another version. Fix: ${asRoot("systemctl restart novacula-agent")}`;
}
