import * as z from "zod";
import { printable } from "../../../lib/printable.ts";
import { ANSWER_MARK, ANSWER_MARK_EXTENSION } from "../../../protocol/answer-mark.ts";
import { ARRIVALS, type RefusalFacts } from "../../../protocol/refusal.ts";
import { serverWords, wordsInJson } from "./server-words.ts";

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
  /** What a refusal says of the key. */
  readonly facts: RefusalFacts;
  /** The control plane's own, by its mark: protocol/answer-mark.ts. */
  readonly isMarked: boolean;
}

/** The kind of a body, as far as it shows without knowing the question. */
export type AnswerBody =
  | {
      readonly kind: "graphql";
      readonly errors: readonly ReportedError[];
      readonly data: unknown;
      readonly json: unknown;
    }
  /** Nest, Fastify and better-auth outside GraphQL: an error, no data. */
  | { readonly kind: "rest"; readonly error: ReportedError; readonly json: unknown }
  /** JSON, but of neither kind. */
  | { readonly kind: "foreign"; readonly json: unknown }
  | { readonly kind: "empty" }
  | {
      readonly kind: "text";
      /** Of a page. */
      readonly title: string | undefined;
      /** The first words of anything else. */
      readonly line: string | undefined;
    };

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
    arrived: z.enum(ARRIVALS).optional().catch(undefined),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{8}$/)
      .optional()
      .catch(undefined),
    rotated: z.boolean().optional().catch(undefined),
    organization: lenientText,
    [ANSWER_MARK_EXTENSION]: z.unknown().optional(),
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
    return { kind: "text", title: titleOf(text), line: lineOf(text) };
  }
  return readGraphql(json) ?? readRest(json, httpStatus) ?? { kind: "foreign", json };
}

/** What the server says, as one printable line without keys; undefined if nothing. */
export function wordsOf(body: AnswerBody): string | undefined {
  switch (body.kind) {
    case "empty":
      return undefined;
    case "text":
      return body.title ?? body.line;
    default:
      return wordsInJson(body.json);
  }
}

function readGraphql(json: unknown): AnswerBody | undefined {
  const body = graphqlBody.safeParse(json);
  if (!body.success) {
    return undefined;
  }
  const errors = (body.data.errors ?? []).map(reportedError);
  const data = body.data.data ?? null;
  return errors.length > 0 || (typeof data === "object" && data !== null)
    ? { kind: "graphql", errors, data, json }
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
    message: serverWords(message),
    code: more?.code === undefined ? undefined : printable(more.code, 60),
    status,
    reason: more?.reason === undefined ? undefined : printable(more.reason, 60),
    path: path ?? [],
    facts: factsOf(more),
    isMarked: more?.[ANSWER_MARK_EXTENSION] === ANSWER_MARK,
  };
}

function factsOf(more: z.infer<typeof extensions>): RefusalFacts {
  const { arrived, fingerprint, rotated, organization } = more ?? {};
  return {
    ...(arrived !== undefined && { arrived }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(rotated !== undefined && { rotated }),
    ...(organization !== undefined && { organization: printable(organization, 64) }),
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
    error: {
      message: serverWords(message),
      code,
      status: statusCode,
      reason: undefined,
      path: [],
      facts: {},
      isMarked: false,
    },
    json,
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
  return title === undefined ? undefined : serverWords(title, 80);
}

/** `<Message>` of an XML error, or the first words of a plain text. Nothing of a page. */
function lineOf(text: string): string | undefined {
  const start = text.slice(0, 4096).trimStart();
  const xml = /<Message>([^<]{1,400})/i.exec(start)?.[1];
  const line = xml ?? (start.startsWith("<") ? "" : start.split("\n", 1)[0]);
  return line === undefined || line === "" ? undefined : serverWords(line, 80);
}
