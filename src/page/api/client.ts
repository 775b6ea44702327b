import * as z from "zod/mini";
import { printable } from "../../lib/printable.ts";
import { ANSWER_VERSION_HEADER, KNOWN_ANSWER_HEADER } from "../../protocol/answer-mark.ts";
import { OVERLOADED } from "../../protocol/overloaded.ts";
import { SHOWN_ORGANIZATION_HEADER } from "../../protocol/shown-organization.ts";
import type { Answer, HttpReply, Operation } from "./answer.ts";
import type { KnownAnswers } from "./known-answers.ts";

const DEADLINE_MS = 15_000;
/** The status of an answer that is the same as before. */
const UNCHANGED = 204;

type Exchange =
  | { readonly kind: "answered"; readonly reply: HttpReply; readonly version: string | null }
  | { readonly kind: "unavailable"; readonly sentence: string };

/**
 * Sends one operation to the server that the page came from, with its cookie. Never rejects.
 *
 * @param shownOrganization id of the organization that the page shows; undefined: none
 * @param known what the control plane need not send again
 */
export async function send<Data>(
  operation: Operation<Data>,
  shownOrganization: string | undefined,
  known: KnownAnswers,
  signal: AbortSignal,
): Promise<Answer<Data>> {
  const { path, body, isRepeated = false, decode } = operation;
  const text = JSON.stringify(body);
  const question = `${shownOrganization} ${text}`;
  const before = isRepeated ? known.find(question) : undefined;
  const init: RequestInit = {
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/json",
      ...(shownOrganization === undefined ? {} : { [SHOWN_ORGANIZATION_HEADER]: shownOrganization }),
      ...(isRepeated ? { [KNOWN_ANSWER_HEADER]: before?.version ?? "none" } : {}),
    },
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    body: text,
  };
  const exchanged = await exchange(path, init);
  if (exchanged.kind === "unavailable") {
    return exchanged;
  }
  if (exchanged.reply.status === UNCHANGED && before !== undefined) {
    return decode(before.reply);
  }
  if (isRepeated && exchanged.version !== null) {
    known.keep(question, { version: exchanged.version, reply: exchanged.reply });
  }
  return decode(exchanged.reply);
}

async function exchange(path: string, init: RequestInit): Promise<Exchange> {
  try {
    const response = await fetch(path, init);
    const version = response.headers.get(ANSWER_VERSION_HEADER);
    return readReply(response.status, await response.text(), version);
  } catch {
    return { kind: "unavailable", sentence: "The control plane does not answer." };
  }
}

function readReply(status: number, text: string, version: string | null): Exchange {
  const parsed = parsedJson(text);
  const isOverloaded = authFailure.safeParse(parsed?.value).data?.code === OVERLOADED;
  if (parsed === undefined || (status >= 500 && !isOverloaded)) {
    return { kind: "unavailable", sentence: brokenSentence(status, parsed?.value) };
  }
  return { kind: "answered", reply: { status, body: parsed.value }, version };
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
    return `The control plane answered ${status}: ${printable(message)}.`;
  }
  if (status >= 500) {
    return `The control plane, or a proxy in front of it, answered ${status}.`;
  }
  return `Something other than the control plane answered ${status}: a proxy, or a wrong address.`;
}
