import { KNOCKING_MS } from "../executors/offline-reason.ts";
import type { Scope } from "../rights/scope.ts";
import type { ListMoment } from "../store/contract/lists.ts";
import { executorAnswer, keyAnswer } from "./answers.ts";
import { decoded } from "./request/inputs.ts";
import * as inputs from "./request/list-inputs.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";

/** The lists of keys and executors, their counts, and the counts of the overview. */
export function listResolvers(deps: ResolverDeps, scope: Scope): Resolvers {
  return { ...keyLists(deps, scope), ...executorLists(deps, scope), health: health(deps, scope) };
}

function keyLists(deps: ResolverDeps, scope: Scope): Resolvers {
  const { keys } = deps.store;
  return {
    apiKeys: async (input) => {
      const { filter, organization } = decoded(inputs.keyCountArguments, input);
      const { order: isDescending, ...page } = decoded(inputs.keyListArguments, input);
      inputs.requireOneCursor(page);
      const found = await scope.organization(organization);
      const moment = momentOf(deps);
      const list = { ...page, isDescending, filter, moment };
      const listed = found === undefined ? [] : await keys.list(found.id, list);
      return listed.map((key) => keyAnswer(key, at(moment, deps)));
    },
    apiKeyCount: async (input) => {
      const { filter, organization } = decoded(inputs.keyCountArguments, input);
      const found = await scope.organization(organization);
      return found === undefined ? 0 : keys.count(found.id, filter, momentOf(deps));
    },
  };
}

function executorLists(deps: ResolverDeps, scope: Scope): Resolvers {
  const { executors } = deps.store;
  return {
    executors: async (input) => {
      const { filter, organization } = decoded(inputs.executorCountArguments, input);
      const { order: isDescending, name, ...page } = decoded(inputs.executorListArguments, input);
      inputs.requireOneCursor(page);
      const found = await scope.organization(organization);
      if (found === undefined) {
        return [];
      }
      if (name !== null) {
        const named = await executors.byName(found.id, name);
        return named === undefined ? [] : [executorAnswer(named, deps)];
      }
      const moment = momentOf(deps);
      const listed = await executors.list(found.id, { ...page, isDescending, filter, moment });
      return listed.map((executor) => executorAnswer(executor, at(moment, deps)));
    },
    executorCount: async (input) => {
      const { filter, organization } = decoded(inputs.executorCountArguments, input);
      const found = await scope.organization(organization);
      return found === undefined ? 0 : executors.count(found.id, filter, momentOf(deps));
    },
    executorVersions: async (input) => {
      const found = await scope.organization(decoded(inputs.healthArguments, input).organization);
      return found === undefined
        ? []
        : deps.executorVersions.get(found.id, () => executors.versions(found.id));
    },
  };
}

function health(deps: ResolverDeps, scope: Scope): Resolvers[string] {
  const { keys, executors } = deps.store;
  return async (input) => {
    const found = await scope.organization(decoded(inputs.healthArguments, input).organization);
    if (found === undefined) {
      return null;
    }
    const moment = momentOf(deps);
    return {
      executors: () => deps.executorHealth.get(found.id, () => executors.health(found.id, moment)),
      apiKeys: () => keys.health(found.id, moment),
    };
  };
}

function momentOf({ presence, now }: ResolverDeps): ListMoment {
  const at = now();
  return {
    now: at,
    onlineSince: at - presence.timeout.timeoutMs,
    refusedSince: at - KNOCKING_MS,
    duplicates: presence.duplicateIds(),
  };
}

/** All entries of a list are judged at the moment of the list. */
function at({ now }: ListMoment, deps: ResolverDeps): ResolverDeps {
  return { ...deps, now: () => now };
}
