import * as z from "zod/mini";
import { sentence } from "../../lib/sentence.ts";
import { ErrorCode } from "../../protocol/refusal.ts";
import type { Answer, HttpReply, Operation } from "./answer.ts";
import { OTHER_VERSION, shownMessage } from "./decode.ts";

/** Where the page is, if this is not its address: never another kind of link. */
const origin = z.string().check(z.regex(/^https?:\/\/[\w.:[\]-]+$/));

const envelope = z.object({
  data: z.optional(z.unknown()),
  errors: z.optional(
    z.array(
      z.object({
        message: shownMessage,
        extensions: z.optional(z.object({ code: z.optional(z.string()), pageOrigin: z.optional(origin) })),
      }),
    ),
  ),
});

/** A GraphQL document with its variables; `schema` reads the answer's `data`. */
export function graphql<Schema extends z.ZodMiniType>(
  document: string,
  variables: object,
  schema: Schema,
): Operation<z.output<Schema>> {
  return {
    path: "/graphql",
    isRepeated: document.startsWith("query"),
    body: { query: document, variables },
    decode: (reply) => decode(reply, schema),
  };
}

/** Reads `data` that has one root field, as the value of that field. */
export function field<Schema extends z.ZodMiniType>(name: string, schema: Schema) {
  const value = z.pipe(
    z.record(z.string(), z.unknown()),
    z.transform((data) => data[name]),
  );
  return z.pipe(value, schema);
}

function decode<Schema extends z.ZodMiniType>({ body }: HttpReply, schema: Schema): Answer<z.output<Schema>> {
  const decoded = envelope.safeParse(body);
  if (!decoded.success) {
    return OTHER_VERSION;
  }
  const [error] = decoded.data.errors ?? [];
  if (error !== undefined) {
    const { code = "", pageOrigin } = error.extensions ?? {};
    return code === ErrorCode.unauthenticated
      ? { kind: "signed-out" }
      : { kind: "refused", code, sentence: sentence(error.message), pageOrigin };
  }
  const data = schema.safeParse(decoded.data.data);
  return data.success ? { kind: "data", data: data.data } : OTHER_VERSION;
}
