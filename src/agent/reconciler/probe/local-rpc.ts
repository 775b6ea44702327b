import { Client } from "undici";
import { startDeadline, untilAborted } from "../../../lib/deadline.ts";
import { errorCode } from "../../../lib/errors.ts";
import { type Received, sendPost } from "../../sync/post.ts";
import { digestAuthorization } from "./digest-auth.ts";
import { type ProbeReading, silent } from "./probe-reading.ts";

/** For all requests of one probe. */
export const DEFAULT_LIMIT_MS = 5000;
const MAX_ANSWER_BYTES = 256 * 1024;

/** How a request proves whose it is. */
export type Login =
  | { readonly kind: "none" }
  | { readonly kind: "basic" | "digest"; readonly user: string; readonly password: string };

/** The RPC server of a process, on loopback. Its requests use one connection, one after another. */
export interface LocalRpc {
  /** The JSON of the answer. Throws `Silence` if there is none. */
  post(path: string, body: unknown): Promise<unknown>;
  get(path: string): Promise<unknown>;
}

/** Why there is no answer. The message is for a person. */
export class Silence extends Error {}

/**
 * Asks the server at `port` of 127.0.0.1 with `ask`. Never rejects: whatever the server does, the
 * reading is `silent` with the reason, after `limitMs` at the latest, or as soon as `caller`
 * aborts.
 */
export async function askLocally(
  port: number,
  login: Login,
  caller: AbortSignal,
  ask: (rpc: LocalRpc) => Promise<ProbeReading>,
  limitMs = DEFAULT_LIMIT_MS,
): Promise<ProbeReading> {
  using deadline = startDeadline(limitMs, caller);
  const client = new Client(`http://127.0.0.1:${port}`);
  try {
    const reading = await untilAborted(ask(connection(client, port, login)), deadline.signal);
    return (
      reading ?? silent(deadline.isPast() ? `no answer within ${limitMs / 1000} s` : "not asked to the end")
    );
  } catch (error) {
    return silent(error instanceof Silence ? error.message : reasonOf(error));
  } finally {
    client.destroy().catch(() => undefined);
  }
}

function connection(client: Client, port: number, login: Login): LocalRpc {
  const send = async (method: "GET" | "POST", path: string, body: string) => {
    const request = (authorization: string | undefined) =>
      sendPost(
        client,
        {
          method,
          origin: `http://127.0.0.1:${port}`,
          path,
          headers: {
            "content-type": "application/json",
            accept: "application/json",
            ...(authorization !== undefined && { authorization }),
          },
          body,
          maxAnswerBytes: MAX_ANSWER_BYTES,
        },
        { status: undefined },
      );
    const first = await request(login.kind === "basic" ? basic(login) : undefined);
    return login.kind === "digest" && first.status === 401
      ? request(
          digestAuthorization({ ...login, method, path, challenges: first.headers["www-authenticate"] }),
        )
      : first;
  };
  return {
    post: async (path, body) => jsonOf(await send("POST", path, JSON.stringify(body))),
    get: async (path) => jsonOf(await send("GET", path, "")),
  };
}

function basic({ user, password }: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function jsonOf({ status, body, unreadable }: Received): unknown {
  if (unreadable !== undefined) {
    throw new Silence(
      `it answered HTTP ${status} with more than it should, or in a form that was not asked for`,
    );
  }
  if (status === 401 || status === 403) {
    throw new Silence(`it refused the agent's password (HTTP ${status})`);
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new Silence(`it answered HTTP ${status} without JSON`);
  }
}

/** Only the code: undici's messages may quote what was sent. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  if (code === "ECONNREFUSED") {
    return "nothing listens on its RPC port";
  }
  return `its RPC port cannot be asked${code === undefined ? "" : ` (${code})`}`;
}
