import * as z from "zod/mini";
import type { Operation } from "./answer.ts";
import { anything, auth } from "./auth-operation.ts";
import { shownText, timestamp } from "./decode.ts";
import { field, graphql } from "./graphql-operation.ts";

const session = z.object({
  id: z.string(),
  /** The one that asks. */
  isCurrent: z.boolean(),
  createdAt: timestamp,
  /** To the day. */
  renewedAt: timestamp,
  address: z.nullable(shownText),
  userAgent: z.nullable(shownText),
});

/** One of the person's own sign-ins. */
export type OwnSession = z.output<typeof session>;

const sessions = z.pipe(
  field("viewer", z.nullable(z.object({ sessions: z.array(session) }))),
  z.transform((viewer) => viewer?.sessions ?? []),
);

export function askOwnSessions(): Operation<readonly OwnSession[]> {
  const document = `query OwnSessions {
    viewer { sessions { id isCurrent createdAt renewedAt address userAgent } }
  }`;
  return graphql(document, {}, sessions);
}

/** Signs the browser out that began this session. */
export function endSession(sessionId: string): Operation<unknown> {
  return auth("/account/end-session", { sessionId }, anything);
}

/** Signs out everywhere but here. */
export function endOtherSessions(): Operation<unknown> {
  return auth("/account/end-other-sessions", {}, anything);
}

export function rename(name: string): Operation<unknown> {
  return auth("/account/rename", { name }, anything);
}

/** Leaves the organization that the page shows. */
export function leaveOrganization(): Operation<unknown> {
  return auth("/organization/leave", {}, anything);
}
