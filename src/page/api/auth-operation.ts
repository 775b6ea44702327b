import * as z from "zod/mini";
import { sentence } from "../../lib/sentence.ts";
import { ErrorCode } from "../../protocol/refusal.ts";
import type { Answer, HttpReply, Operation } from "./answer.ts";
import { OTHER_VERSION, shownMessage } from "./decode.ts";

const refusal = z.object({ message: z.optional(shownMessage), code: z.optional(z.string()) });

/** An endpoint under /api/auth: sessions, members, invitations. `schema` reads its answer. */
export function auth<Schema extends z.ZodMiniType>(
  path: string,
  body: object,
  schema: Schema,
): Operation<z.output<Schema>> {
  return { path: `/api/auth${path}`, body, decode: (reply) => decode(reply, schema) };
}

/** For endpoints that return nothing that the page needs. */
export const anything = z.unknown();

function decode<Schema extends z.ZodMiniType>(
  { status, body }: HttpReply,
  schema: Schema,
): Answer<z.output<Schema>> {
  if (status >= 400) {
    const { message, code } = refusal.safeParse(body).data ?? {};
    if (code === ErrorCode.unauthenticated) {
      return { kind: "signed-out" };
    }
    return {
      kind: "refused",
      code: code ?? String(status),
      sentence: sentence(message ?? `the control plane refused this (${status})`),
    };
  }
  const decoded = schema.safeParse(body);
  return decoded.success ? { kind: "data", data: decoded.data } : OTHER_VERSION;
}
