import { describe, expect, it } from "vitest";
import { outcomeOfAnswer } from "../../../../src/agent/sync/answer/answer.ts";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import { ApiError, ApiErrorCode, forbidden, keyRefused } from "../../../../src/control-plane/api-error.ts";
import { errorAnswer, type GraphqlMediaType } from "../../../../src/control-plane/http/http-answer.ts";
import {
  ANSWER_MARK,
  ANSWER_MARK_EXTENSION,
  ANSWER_MARK_HEADER,
} from "../../../../src/protocol/answer-mark.ts";
import {
  FORBIDDEN_REASONS,
  KEY_REFUSAL_REASONS,
  type RefusalFacts,
} from "../../../../src/protocol/refusal.ts";
import { currentKeyReply } from "../../../../src/protocol/sync.ts";

/** Each answer as this control plane writes it, judged by the agent. */

const SENT = "0a1b2c3d";
const FACTS: RefusalFacts = { fingerprint: SENT, rotated: true, organization: "beta", arrived: "nothing" };
const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;
const MARKS = ["header and body", "header", "body"] as const;
/** What a later version may add. */
const LATER = { retriable: false, help: { url: "https://docs.example.com" }, version: 9 };

interface Form {
  readonly mediaType: GraphqlMediaType;
  readonly mark: (typeof MARKS)[number] | "none";
  readonly more?: object;
  readonly status?: number;
}

function outcomeOf(error: ApiError, { mediaType, mark, more = {}, status }: Form) {
  const { body, headers = {}, status: own } = errorAnswer(error, mediaType);
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const { [ANSWER_MARK_HEADER]: _, ...unmarked } = Object.fromEntries(names);
  const [{ message, extensions }] = Object(body).errors;
  const { [ANSWER_MARK_EXTENSION]: _mark, ...members } = extensions;
  const answer: Answer = {
    status: status ?? own,
    headers: {
      ...unmarked,
      "content-type": `${mediaType}; charset=utf-8`,
      ...(mark.startsWith("header") && { [ANSWER_MARK_HEADER]: ANSWER_MARK }),
    },
    body: JSON.stringify({
      errors: [
        {
          message,
          extensions: {
            ...members,
            ...more,
            ...(mark.endsWith("body") && { [ANSWER_MARK_EXTENSION]: ANSWER_MARK }),
          },
        },
      ],
      data: null,
    }),
    receivedAtMs: 0,
    host: "cp",
    endpoint: "https://cp/graphql",
    sentFingerprint: SENT,
    isMarkExpected: mark !== "none",
  };
  return outcomeOfAnswer(answer, { field: "currentKey", reply: currentKeyReply });
}

const REFUSALS = [
  ...KEY_REFUSAL_REASONS.map((reason) => ({
    reason,
    kind: "refused",
    make: (facts?: RefusalFacts) => keyRefused(reason, `no: ${reason}`, facts),
  })),
  ...FORBIDDEN_REASONS.map((reason) => ({
    reason,
    kind: "forbidden",
    make: (facts?: RefusalFacts) => forbidden(reason, `no: ${reason}`, facts),
  })),
];
const expected = (reason: string, kind: string, isMarked: boolean) =>
  reason === "malformed"
    ? { kind: "unreachable", cause: "authorization-changed" }
    : { kind, reason, message: `no: ${reason}`, isMarked };

describe.each(REFUSALS)("$reason", ({ reason, kind, make }) => {
  it.each(MARKS)("with the mark in its %s, in either media type, also of a later version", (mark) => {
    for (const mediaType of MEDIA_TYPES) {
      for (const more of [{}, LATER, { originalError: undefined }]) {
        const outcome = outcomeOf(make(FACTS), { mediaType, mark, more });
        expect(outcome).toMatchObject(expected(reason, kind, true));
      }
    }
  });

  it.each([200, 400, 401, 403, 404, 409, 422, 500])(
    "with status %i, marked or of an older version",
    (status) => {
      for (const mark of ["header and body", "none"] as const) {
        const outcome = outcomeOf(make(), { mediaType: "application/json", mark, status });
        expect(outcome).toMatchObject(expected(reason, kind, mark !== "none"));
      }
    },
  );

  it.each([302, 429, 502, 503, 504, 511])("is none with status %i, whatever the mark", (status) => {
    for (const mark of [...MARKS, "none"] as const) {
      const outcome = outcomeOf(make(FACTS), { mediaType: "application/json", mark, status });
      expect(outcome.kind).toBe("unreachable");
    }
  });
});

it("a marked refusal for a reason that only a later version knows is one, with the reason", () => {
  const form = { mediaType: "application/json", mark: "header", more: { reason: "paused" } } as const;
  expect(outcomeOf(keyRefused("revoked", "paused"), form)).toMatchObject({
    kind: "refused",
    reason: "paused",
  });
});

const OTHERS = Object.values(ApiErrorCode).filter(
  (code) => code !== ApiErrorCode.unauthenticated && code !== ApiErrorCode.forbidden,
);

it.each(OTHERS)("%s is no verdict on the key, whatever the mark", (code) => {
  for (const mediaType of MEDIA_TYPES) {
    for (const mark of [...MARKS, "none"] as const) {
      expect(outcomeOf(new ApiError(code, "Unauthorized"), { mediaType, mark })).toMatchObject({
        kind: "unreachable",
        cause: expect.stringMatching(/^(?:rate-limited|server-error|rejected-request)$/u),
      });
    }
  }
});
