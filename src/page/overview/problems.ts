import type { Health } from "../api/lists/health.ts";
import {
  EXECUTOR_PROBLEMS,
  type ExecutorProblem,
  KEY_PROBLEMS,
  type KeyProblem,
} from "../api/lists/problems.ts";

/** A kind of problem, with how many executors or keys have it. */
export interface Problem<Kind> {
  readonly kind: Kind;
  readonly count: number;
}

/** The worst first. Executors that somebody stopped are no problem. */
export function executorProblems({ executors }: Health): readonly Problem<ExecutorProblem>[] {
  const counts = new Map<string, number>(executors.offlineBy.map(({ cause, count }) => [cause, count]));
  counts.set("refused_offline", counts.get("refused") ?? 0);
  counts.set("refused", executors.refused);
  counts.set("duplicate", executors.duplicates);
  return EXECUTOR_PROBLEMS.filter((kind) => kind !== "stopped").flatMap((kind) => {
    const count = counts.get(kind) ?? 0;
    return count === 0 ? [] : [{ kind, count }];
  });
}

export function keyProblems({ apiKeys }: Health): readonly Problem<KeyProblem>[] {
  return KEY_PROBLEMS.flatMap((kind) => (apiKeys[kind] === 0 ? [] : [{ kind, count: apiKeys[kind] }]));
}

/**
 * For each kind those that no worse kind has named: one executor or key is one problem. A kind
 * whose entries are all named already has none.
 */
export function namedOnce<Kind extends string, Entry extends { readonly id: string }>(
  kinds: readonly Kind[],
  lists: Readonly<Partial<Record<Kind, readonly Entry[] | undefined>>>,
): ReadonlyMap<Kind, readonly Entry[]> {
  const named = new Set<string>();
  return new Map(
    kinds.map((kind) => {
      const fresh = (lists[kind] ?? []).filter(({ id }) => !named.has(id));
      for (const { id } of fresh) {
        named.add(id);
      }
      return [kind, fresh];
    }),
  );
}
