import * as z from "zod/mini";
import { sentence } from "../../lib/sentence.ts";
import type { Answer } from "./answer.ts";
import { request } from "./client.ts";
import { shownText } from "./decode.ts";

const envelope = z.object({
  data: z.optional(z.unknown()),
  errors: z.optional(
    z.array(
      z.object({
        message: shownText,
        extensions: z.optional(z.object({ code: z.optional(z.string()) })),
      }),
    ),
  ),
});

const NOT_OURS = "The control plane's answer is of another version than this page: reload the page.";

/** Asks `document` with the session's cookie; `schema` is what `data` must look like. */
export async function askGraphql<Schema extends z.ZodMiniType>(
  document: string,
  variables: Readonly<Record<string, unknown>>,
  schema: Schema,
  signal: AbortSignal,
): Promise<Answer<z.output<Schema>>> {
  const reply = await request("POST", "/graphql", { query: document, variables }, signal);
  if (reply.kind === "unavailable") {
    return reply;
  }
  const decoded = envelope.safeParse(reply.body);
  if (!decoded.success) {
    return { kind: "unavailable", sentence: NOT_OURS };
  }
  const [error] = decoded.data.errors ?? [];
  if (error !== undefined) {
    const code = error.extensions?.code ?? "";
    if (code === "UNAUTHENTICATED") {
      return { kind: "signed-out" };
    }
    return { kind: "refused", code, sentence: sentence(error.message) };
  }
  const data = schema.safeParse(decoded.data.data);
  return data.success ? { kind: "data", data: data.data } : { kind: "unavailable", sentence: NOT_OURS };
}
