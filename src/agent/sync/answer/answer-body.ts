import * as z from "zod";
import { printable } from "../../../lib/printable.ts";

/** An error as a control plane reports it, in any framework. Its texts are printable. */
export interface ReportedError {
  readonly message: string;
  /** `extensions.code`, or `code` of a REST body. */
  readonly code: string | undefined;
  /** The HTTP status that the error means, if the framework put it into the body. */
  readonly status: number | undefined;
  /** `extensions.reason`: see protocol/refusal.ts. */
  readonly reason: string | undefined;
  readonly path: readonly (string | number)[];
}

/** The kind of a body, as far as it shows without knowing the question. */
export type AnswerBody =
  | { readonly kind: "graphql"; readonly errors: readonly ReportedError[]; readonly data: unknown }
  /** Nest, Fastify and better-auth outside GraphQL: an error, no data. */
  | { readonly kind: "rest"; readonly error: ReportedError }
  /** JSON, but of neither kind. */
  | { readonly kind: "foreign" }
  | { readonly kind: "empty" }
  | { readonly kind: "text"; readonly title: string | undefined };

const lenientText = z.string().optional().catch(undefined);
const lenientStatus = z.number().int().optional().catch(undefined);
const nested = z
  .object({ statusCode: lenientStatus, status: lenientStatus, code: lenientText, message: lenientText })
  .optional()
  .catch(undefined);

/** Where Nest, Apollo and Mercurius put the details of an error. */
const extensions = z
  .object({
    code: lenientText,
    reason: lenientText,
    status: lenientStatus,
    statusCode: lenientStatus,
    originalError: nested,
    http: nested,
    response: nested,
  })
  .optional()
  .catch(undefined);

const graphqlError = z.object({
  message: z.string(),
  path: z
    .array(z.union([z.string(), z.number()]))
    .nullish()
    .catch(undefined),
  extensions,
});
const graphqlBody = z.object({ errors: z.array(graphqlError).nullish(), data: z.unknown().optional() });

/**
 * `{statusCode, error, message}`, `{message, statusCode}`, `{code, message}`; the validation of
 * Nest reports a list.
 */
const restBody = z.object({
  message: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join("; "))]),
  statusCode: z.number().int().optional(),
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]+$/)
    .optional()
    .catch(undefined),
});

export function readAnswerBody(text: string, httpStatus: number): AnswerBody {
  if (text.trim() === "") {
    return { kind: "empty" };
  }
  const json = parseJson(text);
  if (json === undefined) {
    return { kind: "text", title: titleOf(text) };
  }
  return readGraphql(json) ?? readRest(json, httpStatus) ?? { kind: "foreign" };
}

function readGraphql(json: unknown): AnswerBody | undefined {
  const body = graphqlBody.safeParse(json);
  if (!body.success) {
    return undefined;
  }
  const errors = (body.data.errors ?? []).map(reportedError);
  const data = body.data.data ?? null;
  return errors.length > 0 || (typeof data === "object" && data !== null)
    ? { kind: "graphql", errors, data }
    : undefined;
}

function reportedError({ message, path, extensions: more }: z.infer<typeof graphqlError>): ReportedError {
  const status =
    more?.originalError?.statusCode ??
    more?.originalError?.status ??
    more?.status ??
    more?.statusCode ??
    more?.http?.status ??
    more?.response?.statusCode;
  return {
    message: printable(message, 120),
    code: more?.code === undefined ? undefined : printable(more.code, 60),
    status,
    reason: more?.reason === undefined ? undefined : printable(more.reason, 60),
    path: path ?? [],
  };
}

/**
 * The `{"message":"Unauthorized"}` of a gateway is not enough: the body must also have the status,
 * or a code.
 */
function readRest(json: unknown, httpStatus: number): AnswerBody | undefined {
  const body = restBody.safeParse(json);
  if (!body.success) {
    return undefined;
  }
  const { message, statusCode, code } = body.data;
  if (statusCode === undefined ? code === undefined : statusCode !== httpStatus) {
    return undefined;
  }
  return {
    kind: "rest",
    error: { message: printable(message, 120), code, status: statusCode, reason: undefined, path: [] },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The title of an HTML page: `Sign in to Hotel Wi-Fi` tells an operator more than a status. */
function titleOf(text: string): string | undefined {
  const title = /<title[^>]{0,200}>([^<]{1,400})/i.exec(text.slice(0, 65_536))?.[1];
  return title === undefined ? undefined : printable(title, 80);
}
