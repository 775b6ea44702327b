import type { ApiKeys, IssuedKey } from "./api-keys.ts";
import type { ExecutorCaller, ExecutorSync } from "./executor-sync.ts";
import * as inputs from "./inputs.ts";
import { decoded } from "./inputs.ts";
import { createOrganization, requiredOrganization } from "./organizations.ts";
import type { Presence } from "./presence.ts";
import { publishedAuditEvent, publishedExecutor, publishedKey } from "./published.ts";
import type { KeyRecord, Store } from "./store.ts";

export interface ResolverDeps {
  readonly store: Store;
  readonly apiKeys: ApiKeys;
  readonly executorSync: ExecutorSync;
  readonly presence: Presence;
  readonly now: () => number;
}

/** What a root field does, given its arguments. Access has been checked (access.ts), the arguments have not. */
export type Resolvers = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

export function executorResolvers({ executorSync }: ResolverDeps, caller: ExecutorCaller): Resolvers {
  return {
    currentKey: async (input) =>
      executorSync.currentKey(caller, decoded(inputs.currentKeyArguments, input).input),
    syncExecutor: async (input) => executorSync.sync(caller, decoded(inputs.syncArguments, input).input),
  };
}

export function managementResolvers(deps: ResolverDeps): Resolvers {
  return { ...organizationResolvers(deps), ...keyResolvers(deps), ...executorListResolvers(deps) };
}

function organizationResolvers({ store, now }: ResolverDeps): Resolvers {
  return {
    organizations: () => store.organizations(1000),
    createOrganization: async (input) => {
      const { name, slug } = decoded(inputs.organizationArguments, input);
      return createOrganization(store, name, slug, now());
    },
  };
}

function keyResolvers({ store, apiKeys, now }: ResolverDeps): Resolvers {
  const published = (key: KeyRecord) => publishedKey(key, store, now());
  const issued = ({ key, secret }: IssuedKey) => ({ apiKey: published(key), secret });
  return {
    apiKeys: async (input) => {
      const { organization, ...page } = decoded(inputs.pageArguments, input);
      const { id } = await requiredOrganization(store, organization);
      return (await store.keys(id, page)).map(published);
    },
    createApiKey: async (input) =>
      issued(await apiKeys.create(decoded(inputs.createKeyArguments, input).input)),
    rotateApiKey: async (input) => {
      const { id, revokesAt } = decoded(inputs.rotateArguments, input);
      return issued(await apiKeys.rotate(id, revokesAt));
    },
    revokeApiKey: async (input) => published(await apiKeys.revoke(decoded(inputs.keyArguments, input).id)),
    deleteApiKey: async (input) => published(await apiKeys.delete(decoded(inputs.keyArguments, input).id)),
  };
}

function executorListResolvers({ store, presence, now }: ResolverDeps): Resolvers {
  return {
    executors: async (input) => {
      const { organization, ...page } = decoded(inputs.pageArguments, input);
      const { id } = await requiredOrganization(store, organization);
      const executors = await store.executors(id, page);
      return executors.map((executor) => publishedExecutor(executor, store, presence, now()));
    },
    auditEvents: async (input) => {
      const { organization, ...page } = decoded(inputs.pageArguments, input);
      const { id } = await requiredOrganization(store, organization);
      return (await store.auditEvents(id, page)).map(publishedAuditEvent);
    },
  };
}
