import { notFound } from "../api-error.ts";
import type { ExecutorCaller } from "../executors/executor-caller.ts";
import type { IssuedKey } from "../keys/issue-key.ts";
import { createOrganization } from "../organizations/organizations.ts";
import { mayCall } from "../rights/access.ts";
import { operatorScope, personScope, type Scope } from "../rights/scope.ts";
import type { SignedIn } from "../rights/signed-in.ts";
import type { KeyRecord } from "../store/contract/keys.ts";
import { auditEventAnswer, executorAnswer, keyAnswer } from "./answers.ts";
import { type Caller, callerKind } from "./caller.ts";
import { listResolvers } from "./list-resolvers.ts";
import { nodeMutations, nodeResolvers } from "./node-resolvers.ts";
import { peopleManagement, peopleResolvers, viewerResolvers } from "./people-resolvers.ts";
import * as inputs from "./request/inputs.ts";
import { decoded } from "./request/inputs.ts";
import { requireOneCursor } from "./request/list-inputs.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";

/**
 * The root fields that the caller may call, and no others. The document was checked before; this
 * holds without that check, too.
 */
export function resolversFor(deps: ResolverDeps, caller: Caller): Resolvers {
  const kind = callerKind(caller);
  return Object.fromEntries(
    Object.entries(allResolvers(deps, caller)).filter(([field]) => mayCall(kind, field)),
  );
}

function allResolvers(deps: ResolverDeps, caller: Caller): Resolvers {
  switch (caller.kind) {
    case "executor":
      return executorResolvers(deps, caller.executor);
    case "operator":
      return operatorResolvers(deps);
    case "visitor":
      return visitorResolvers(deps);
    case "person":
      return personResolvers(deps, caller.signedIn);
  }
}

function executorResolvers({ executorSync }: ResolverDeps, caller: ExecutorCaller): Resolvers {
  return {
    currentKey: async (input) =>
      executorSync.currentKey(caller, decoded(inputs.currentKeyArguments, input).input),
    signOffExecutor: async (input) =>
      executorSync.signOff(caller, decoded(inputs.signOffArguments, input).input),
    syncExecutor: async (input) => executorSync.sync(caller, decoded(inputs.syncArguments, input).input),
  };
}

function operatorResolvers(deps: ResolverDeps): Resolvers {
  const scope = operatorScope(deps.store.organizations);
  return {
    ...organizationResolvers(deps),
    ...peopleManagement(deps, scope),
    ...scopedResolvers(deps, scope),
  };
}

function personResolvers(deps: ResolverDeps, signedIn: SignedIn): Resolvers {
  return { ...viewerResolvers(deps, signedIn), ...scopedResolvers(deps, personScope(signedIn)) };
}

function visitorResolvers(deps: ResolverDeps): Resolvers {
  return viewerResolvers(deps, undefined);
}

function scopedResolvers(deps: ResolverDeps, scope: Scope): Resolvers {
  return {
    ...listResolvers(deps, scope),
    ...keyResolvers(deps, scope),
    ...keyChanges(deps, scope),
    ...executorResolversOf(deps, scope),
    ...executorChanges(deps, scope),
    ...nodeResolvers(deps, scope),
    ...nodeMutations(deps, scope),
    ...peopleResolvers(deps, scope),
  };
}

function organizationResolvers({ store, damages, now }: ResolverDeps): Resolvers {
  return {
    organizations: () => store.organizations.list(1000),
    auditEventsAfter: async (input) => {
      const { number, limit } = decoded(inputs.auditExportArguments, input);
      const events = await store.audit.eventsAfter(number, limit);
      return events.map((each) => ({
        number: each.number,
        organizationId: each.event.organizationId,
        event: auditEventAnswer(each.event, { damages, store }),
      }));
    },
    createOrganization: async (input) => {
      const { name, slug } = decoded(inputs.organizationArguments, input);
      return createOrganization(store, name, slug, now());
    },
  };
}

function keyResolvers(deps: ResolverDeps, scope: Scope): Resolvers {
  const { store } = deps;
  return {
    apiKey: async (input) => {
      const key = await store.keys.byId(decoded(inputs.keyArguments, input).id);
      return key === undefined || !scope.actor.reaches(key.organization.id) ? null : keyAnswer(key, deps);
    },
  };
}

function keyChanges(deps: ResolverDeps, { actor, ...scope }: Scope): Resolvers {
  const { apiKeys } = deps;
  const answer = (key: KeyRecord) => keyAnswer(key, deps);
  const issued = ({ key, ...rest }: IssuedKey) => ({ apiKey: answer(key), ...rest });
  return {
    createApiKey: async (input) => {
      const { organization, ...request } = decoded(inputs.createKeyArguments, input).input;
      const found = await scope.organization(organization);
      if (found === undefined) {
        throw notFound("you are not in that organization: leave it out to use the active one");
      }
      return issued(await apiKeys.create(actor, { ...request, organizationId: found.id }));
    },
    rotateApiKey: async (input) => {
      const { id, revokesAt } = decoded(inputs.rotateArguments, input);
      return issued(await apiKeys.rotate(actor, id, revokesAt));
    },
    revokeApiKey: async (input) =>
      answer(await apiKeys.revoke(actor, decoded(inputs.keyArguments, input).id)),
    revokeExecutorAccess: async (input) => {
      const { executorId, keyId } = decoded(inputs.revokeAccessArguments, input);
      return answer(await apiKeys.revokeAccess(actor, executorId, keyId));
    },
    deleteApiKey: async (input) =>
      answer(await apiKeys.delete(actor, decoded(inputs.keyArguments, input).id)),
  };
}

function executorResolversOf(deps: ResolverDeps, scope: Scope): Resolvers {
  const { store } = deps;
  return {
    executor: async (input) => {
      const executor = await store.executors.byId(decoded(inputs.keyArguments, input).id);
      return executor === undefined || !scope.actor.reaches(executor.organizationId)
        ? null
        : executorAnswer(executor, deps);
    },
    auditEvents: async (input) => {
      const { organization, ...page } = decoded(inputs.auditArguments, input);
      requireOneCursor(page);
      const found = await scope.organization(organization);
      const events = found === undefined ? [] : await store.audit.events(found.id, page);
      return events.map((event) => auditEventAnswer(event, deps));
    },
  };
}

function executorChanges(deps: ResolverDeps, { actor }: Scope): Resolvers {
  const { executorDeletion } = deps;
  return {
    deleteExecutor: async (input) => {
      const executor = await executorDeletion.delete(actor, decoded(inputs.deleteExecutorArguments, input));
      return executorAnswer(executor, deps);
    },
  };
}
