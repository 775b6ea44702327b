import { describe, expect, it } from "vitest";
import { adviseRefusal, codeOf } from "../../../../src/agent/daemon/narration/refusal-advice.ts";
import { outcomeOfAnswer } from "../../../../src/agent/sync/answer/answer.ts";
import type { Answer } from "../../../../src/agent/sync/answer/http-answer.ts";
import type { SyncOutcome, Unreachable } from "../../../../src/agent/sync/answer/sync-outcome.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { ANSWER_MARK, ANSWER_MARK_HEADER } from "../../../../src/protocol/answer-mark.ts";
import { currentKeyReply } from "../../../../src/protocol/sync.ts";
import {
  CORPUS_FINGERPRINT,
  type CorpusRow,
  REFUSAL_CORPUS,
} from "../../../support/control-plane/refusal-corpus.ts";

const KEY = { isNameSet: true, executorName: "agent-1", keySource: "agent.toml line 7", findings: [] };
const NEVER_ACCEPTED = { ...KEY, acceptedAt: undefined, keyEndsAt: undefined };

/** These cannot be told apart from the product's. docs/troubleshooting.md lists them. */
const ALIKE = [
  "Azure API Management without its challenge",
  "hapi, Kibana",
  "another NestJS service",
  "another Fastify service",
  "another Apollo Server",
  "Strapi 3",
  "GraphQL Yoga, production",
];

/** Nothing in these is a sentence for people. */
const SILENT = [
  "KrakenD",
  "Imperva",
  "F5 ASM, JSON",
  "Caddy basic auth",
  "HAProxy auth",
  "HAProxy deny",
  "oauth2-proxy, API",
  "Authelia",
  "Linkerd policy",
  "ASP.NET, empty",
  "Quarkus",
  "Nexus",
  "an empty 401",
  "JSON that is a list",
];

const CAUSES: Readonly<Record<string, Unreachable["cause"]>> = {
  foreign: "foreign-refusal",
  changed: "authorization-changed",
  limit: "rate-limited",
};

function outcomeOf({ answer }: CorpusRow, more: Partial<Answer> = {}): SyncOutcome<unknown> {
  return outcomeOfAnswer(
    {
      ...answer,
      receivedAtMs: 0,
      host: "cp.example.com",
      endpoint: "https://cp.example.com/graphql",
      sentFingerprint: CORPUS_FINGERPRINT,
      isMarkExpected: false,
      ...more,
    },
    { field: "currentKey", reply: currentKeyReply },
  );
}

function isVerdict({ kind }: SyncOutcome<unknown>): boolean {
  return kind === "refused" || kind === "forbidden";
}

/** What an operator reads of the verdict. */
function advised(outcome: SyncOutcome<unknown>): string {
  if (outcome.kind !== "refused" && outcome.kind !== "forbidden") {
    throw new TypeError(`${outcome.kind} is no verdict`);
  }
  const { why, remedy } = adviseRefusal(outcome, NEVER_ACCEPTED, systemClock);
  return `${codeOf(outcome)}: ${why}. ${remedy}`;
}

const rows = (...expected: readonly string[]) =>
  REFUSAL_CORPUS.filter((row) => expected.includes(row.expected)).map((row) => [row.who, row] as const);
const without = (headers: Answer["headers"]) => {
  const { [ANSWER_MARK_HEADER]: _, ...others } = headers;
  return others;
};
const BOTH = /or something in between refused the request, whose answers can look the same/;

it("the corpus has every form of the product, and over a hundred of others", () => {
  expect(rows("refused", "forbidden", "refused-in-doubt", "forbidden-in-doubt").length).toBeGreaterThan(40);
  expect(rows("foreign", "limit").length).toBeGreaterThan(100);
  expect(rows("alike").map(([who]) => who)).toEqual(ALIKE);
  expect(new Set(REFUSAL_CORPUS.map(({ who }) => who)).size).toBe(REFUSAL_CORPUS.length);
});

describe("a refusal by the control plane is a verdict", () => {
  it.each(rows("refused", "forbidden"))("for certain: %s", (_who, row) => {
    const outcome = outcomeOf(row);
    expect(outcome.kind).toBe(row.expected);
    expect(advised(outcome)).not.toMatch(BOTH);
  });

  it.each(rows("refused-in-doubt", "forbidden-in-doubt", "alike"))(
    "in doubt, which the line says, with the words of the server: %s",
    (_who, row) => {
      const outcome = outcomeOf(row);
      const kind =
        row.answer.status === 403 || row.expected.startsWith("forbidden") ? "forbidden" : "refused";
      expect(outcome).toMatchObject({ kind, isMarked: false });
      expect(advised(outcome)).toMatch(BOTH);
      expect(advised(outcome)).toMatch(/^40[13], "[^"]+": /);
    },
  );
});

describe("a refusal by somebody else is none", () => {
  it.each(rows("foreign", "changed", "limit"))("%s", (_who, row) => {
    const outcome = outcomeOf(row);
    expect(outcome).toMatchObject({ kind: "unreachable", cause: CAUSES[row.expected] });
    expect(outcome).toMatchObject({ slow: row.answer.status !== 429 });
  });

  it.each(
    REFUSAL_CORPUS.filter(
      ({ expected }) => !/refused|forbidden|alike|foreign|changed|limit/.test(expected),
    ).map((row) => [row.who, row] as const),
  )("nor an answer of another kind: %s", (_who, row) => {
    expect(outcomeOf(row)).toMatchObject({ kind: "unreachable", cause: row.expected });
  });

  it("is shown with the words of the server, if it has any", () => {
    const silent = rows("foreign", "limit").filter(([, row]) => {
      const outcome = outcomeOf(row);
      return outcome.kind === "unreachable" && !/"[^"]{3,}"/.test(outcome.detail);
    });
    expect(silent.map(([who]) => who)).toEqual(SILENT);
  });
});

describe("from an origin that marks its answers", () => {
  it.each(REFUSAL_CORPUS.map((row) => [row.who, row] as const))(
    "no refusal without the mark is a verdict: %s",
    (_who, row) => {
      const body = row.answer.body.replace(`"answeredBy": "${ANSWER_MARK}"`, '"answeredBy": "proxy"');
      const outcome = outcomeOf(row, { isMarkExpected: true, headers: without(row.answer.headers), body });
      expect(isVerdict(outcome)).toBe(false);
    },
  );

  it.each(rows("refused-in-doubt", "forbidden-in-doubt", "alike"))(
    "one in the form of the product is told, with the words of the server, at once: %s",
    (_who, row) => {
      expect(outcomeOf(row, { isMarkExpected: true })).toMatchObject({
        cause: "foreign-refusal",
        detail: expect.stringMatching(
          /answered \d{3}: "[^"]+", but without the mark .* or an older control plane refuses the key$/,
        ),
        remedy: expect.stringMatching(/put a working key in$/),
        slow: true,
      });
    },
  );

  it.each(rows("refused", "forbidden").filter(([who]) => who.startsWith("this control plane")))(
    "a marked one is a verdict: %s",
    (_who, row) => {
      expect(outcomeOf(row, { isMarkExpected: true }).kind).toBe(row.expected);
    },
  );
});

describe("the mark", () => {
  it.each(rows("alike", "foreign").filter(([, { answer }]) => [401, 403].includes(answer.status)))(
    "makes a verdict of what carries it, whatever its body: %s",
    (_who, row) => {
      const headers = { ...row.answer.headers, [ANSWER_MARK_HEADER]: ANSWER_MARK };
      expect(isVerdict(outcomeOf(row, { headers, isMarkExpected: true }))).toBe(true);
    },
  );

  it.each(["", "control-plane/1", "CONTROL-PLANE", "1", "proxy"])("is not %j", (value) => {
    const [row] = rows("foreign")[0]?.slice(1) ?? [];
    const headers = { [ANSWER_MARK_HEADER]: value };
    expect(isVerdict(outcomeOf(row as CorpusRow, { headers }))).toBe(false);
  });

  it("never makes one of an acceptance, an outage or a limit", () => {
    const headers = { [ANSWER_MARK_HEADER]: ANSWER_MARK };
    for (const [status, body] of [
      [200, '{"data":{"currentKey":null}}'],
      [429, '{"message":"Unauthorized","statusCode":429}'],
      [500, ""],
      [503, '{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}'],
      [511, ""],
    ] as const) {
      expect(isVerdict(outcomeOf({ expected: "", who: "", answer: { status, headers, body } }))).toBe(false);
    }
  });
});
