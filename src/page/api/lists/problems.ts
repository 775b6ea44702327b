import * as z from "zod/mini";
import type { OfflineCause } from "../../../protocol/statuses.ts";
import type { Operation } from "../answer.ts";
import { apiKey, KEY_FIELDS } from "../api-keys.ts";
import { namedExecutor } from "../decode.ts";
import { LISTED_EXECUTOR, type ListedExecutor, listedExecutor } from "../executors.ts";
import { graphql } from "../graphql-operation.ts";
import { KEY_REFUSAL, keyRefusal } from "../key-refusal.ts";

/** How many of each kind are named: the list behind the kind has them all. */
const NAMED = 5;

/** Why executors need attention: also all that are offline, by cause. */
export type ExecutorProblem = "refused" | "duplicate" | Exclude<OfflineCause, "refused"> | "refused_offline";
export type KeyProblem = "refused" | "expiring" | "unused" | "old";

const problemKey = z.extend(apiKey, {
  usedNow: z.array(z.object({ executor: namedExecutor })),
  usedNowCount: z.number(),
  lastRefusal: z.nullable(keyRefusal),
});

/** A key with what explains its problem. */
export type ProblemKey = z.output<typeof problemKey>;

const PROBLEM_KEY = `${KEY_FIELDS} usedNow(limit: 3) { executor { id name isDeleted } } usedNowCount
  lastRefusal ${KEY_REFUSAL}`;

const EXECUTOR_FILTERS: Readonly<Record<ExecutorProblem, string>> = {
  refused: "concern: refused",
  duplicate: "concern: duplicate",
  silent: "status: offline, cause: silent",
  stopped: "status: offline, cause: stopped",
  refused_offline: "status: offline, cause: refused",
  key_revoked: "status: offline, cause: key_revoked",
  key_expired: "status: offline, cause: key_expired",
  key_deleted: "status: offline, cause: key_deleted",
};

/** The first executors of each problem that was asked for, the last heard first. */
export type ExecutorProblems = Readonly<Partial<Record<ExecutorProblem, readonly ListedExecutor[]>>>;

export function askExecutorProblems(problems: readonly ExecutorProblem[]): Operation<ExecutorProblems> {
  const lists = problems.map(
    (
      problem,
    ) => `${problem}: executors(filter: { ${EXECUTOR_FILTERS[problem]} }, limit: ${NAMED}, sort: seen) {
      ${LISTED_EXECUTOR} }`,
  );
  const schema = z.partialRecord(z.enum(EXECUTOR_PROBLEMS), z.array(listedExecutor));
  return graphql(`query ExecutorProblems { ${lists.join("\n")} }`, {}, schema);
}

/** The worst first. */
export const EXECUTOR_PROBLEMS = [
  "refused",
  "duplicate",
  "key_revoked",
  "key_expired",
  "key_deleted",
  "refused_offline",
  "silent",
  "stopped",
] as const satisfies readonly ExecutorProblem[];

export const KEY_PROBLEMS = ["refused", "expiring", "unused", "old"] as const satisfies readonly KeyProblem[];

/** The first keys of each problem that was asked for, the next to end first. */
export type KeyProblems = Readonly<Partial<Record<KeyProblem, readonly ProblemKey[]>>>;

export function askKeyProblems(problems: readonly KeyProblem[]): Operation<KeyProblems> {
  const lists = problems.map(
    (problem) => `${problem}: apiKeys(filter: { concern: ${problem} }, limit: ${NAMED}, sort: expires,
      order: ascending) { ${PROBLEM_KEY} }`,
  );
  const schema = z.partialRecord(z.enum(KEY_PROBLEMS), z.array(problemKey));
  return graphql(`query KeyProblems { ${lists.join("\n")} }`, {}, schema);
}
