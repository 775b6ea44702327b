import * as z from "zod/mini";
import { printable } from "../../lib/printable.ts";
import { OVERLOADED } from "../../protocol/overloaded.ts";
import { SHOWN_ORGANIZATION_HEADER } from "../../protocol/shown-organization.ts";
import { noteAnswered, noteLost } from "./connection.ts";
import { shownOrganization } from "./shown-organization.ts";

const DEADLINE_MS = 15_000;

export type HttpReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly body: unknown;
    }
  | { readonly kind: "unavailable"; readonly sentence: string };

/**
 * One request to the server that the page came from, with its cookie and what it shows. JSON in,
 * JSON out; never rejects.
 */
export async function request(
  method: "GET" | "POST",
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<HttpReply> {
  const reply = await exchange(method, path, body, signal);
  // A request that the page gave up says nothing of the server.
  if (signal.aborted) {
    return reply;
  }
  if (reply.kind === "answered") {
    noteAnswered();
  } else {
    noteLost(reply.sentence);
  }
  return reply;
}

async function exchange(
  method: "GET" | "POST",
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<HttpReply> {
  const shown = shownOrganization.get();
  const init: RequestInit = {
    method,
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      ...(shown === undefined ? {} : { [SHOWN_ORGANIZATION_HEADER]: shown }),
    },
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  try {
    const response = await fetch(path, init);
    const text = await response.text();
    return judged(response, text);
  } catch {
    return { kind: "unavailable", sentence: "The control plane does not answer." };
  }
}

function judged({ status }: Response, text: string): HttpReply {
  const parsed = parsedJson(text);
  const isOverloaded = authFailure.safeParse(parsed?.value).data?.code === OVERLOADED;
  if (parsed === undefined || (status >= 500 && !isOverloaded)) {
    return { kind: "unavailable", sentence: brokenSentence(status, parsed?.value) };
  }
  return { kind: "answered", status, body: parsed.value };
}

function parsedJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: text === "" ? null : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const graphqlFailure = z.object({
  errors: z.array(z.object({ message: z.string() })).check(z.minLength(1)),
});
const authFailure = z.object({ code: z.string(), message: z.string() });

function brokenSentence(status: number, body: unknown): string {
  const message =
    graphqlFailure.safeParse(body).data?.errors[0]?.message ?? authFailure.safeParse(body).data?.message;
  if (message !== undefined) {
    return `The control plane answers ${status}: ${printable(message)}.`;
  }
  if (status >= 500) {
    return `The control plane, or a proxy before it, answers ${status}.`;
  }
  return `Something answers ${status} in place of the control plane: a proxy, or a wrong address.`;
}
