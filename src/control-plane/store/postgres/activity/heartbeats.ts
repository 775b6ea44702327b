import type { Activity } from "../../contract/activity.ts";
import { NOW_MS, PostgresStatements, settled, type Value } from "../connection/statements.ts";
import { type RecentUses, USE_MS } from "./recent-uses.ts";

type KeyUse = Extract<Activity, { kind: "key-used" }>;
type Sync = Extract<Activity, { kind: "synced" }>;

const KEY_USES = `
  insert into "keyUse" as u ("keyId", "lastUsedAt")
  select k.id, t.at from unnest($1::text[], $2::bigint[]) as t (id, at) join apikey k on k.id = t.id order by k.id
  on conflict ("keyId") do update set "lastUsedAt" = excluded."lastUsedAt"
    where u."lastUsedAt" < excluded."lastUsedAt" or u."lastUsedAt" > ${NOW_MS}`;

/** An executor comes with another key: the heartbeat still has the last use of the one before. */
const FORMER_KEYS = `
  update "executorKeyUsage" u set "lastUsedAt" = former."lastSyncAt", address = former.address
  from (
    select o."executorId", o."keyId", h."lastSyncAt", h.address
    from unnest($1::text[], $2::text[]) as t (executor, key)
      join heartbeat h on h."executorId" = t.executor and h."keyId" <> t.key
      join "executorKeyUsage" o on o."executorId" = h."executorId" and o."keyId" = h."keyId"
    where o."lastUsedAt" < h."lastSyncAt" order by o."executorId", o."keyId" for update of o) former
  where u."executorId" = former."executorId" and u."keyId" = former."keyId"`;

/**
 * The first use of a key, and one each minute: those between are in the heartbeat. A use that the
 * heartbeat does not show is written, too.
 */
const USES = `
  insert into "executorKeyUsage" as u
    ("executorId", "executorName", "keyId", "keyName", "keyFingerprint", "firstUsedAt", "lastUsedAt", address)
  select x.id, x.name, t.key, t.name, t.fingerprint, t.first, t.at, t.address
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[])
      as t (executor, key, name, fingerprint, first, at, address, "isHidden")
    join executor x on x.id = t.executor
    left join heartbeat h on h."executorId" = t.executor
    left join "executorKeyUsage" o on o."executorId" = t.executor and o."keyId" = t.key
  where o."keyId" is null or o."lastUsedAt" < t.at - ${USE_MS} or o."lastUsedAt" > ${NOW_MS}
    or (o."lastUsedAt" < t.at and (t."isHidden" or h."lastSyncAt" > t.at))
  order by x.id, t.key
  on conflict ("executorId", "keyId") do update set "lastUsedAt" = excluded."lastUsedAt", address = excluded.address
    where u."lastUsedAt" < excluded."lastUsedAt" or u."lastUsedAt" > ${NOW_MS}`;

const HEARTBEATS = `
  insert into heartbeat as h ("executorId", "keyId", version, channel, "hostName", "publicHost", capabilities, resources,
    address, "instanceId", process, "lastSyncAt")
  select x.id, t.key, t.version, t.channel, t.host, t.public, t.capabilities, t.resources, t.address, t.instance, t.process, t.at
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::text[], $12::bigint[])
      as t (id, key, version, channel, host, public, capabilities, resources, address, instance, process, at)
    join executor x on x.id = t.id order by x.id
  on conflict ("executorId") do update set "keyId" = excluded."keyId", version = excluded.version,
    channel = excluded.channel, "hostName" = excluded."hostName", "publicHost" = excluded."publicHost",
    capabilities = excluded.capabilities, resources = excluded.resources, address = excluded.address,
    "instanceId" = excluded."instanceId", process = excluded.process,
    former = case when h."instanceId" <> excluded."instanceId" then jsonb_build_object('instanceId', h."instanceId",
      'hostName', h."hostName", 'address', h.address, 'process', h.process, 'lastSyncAt', h."lastSyncAt")::text
      else h.former end,
    "lastSyncAt" = excluded."lastSyncAt"
    where h."lastSyncAt" is null or h."lastSyncAt" <= excluded."lastSyncAt" or h."lastSyncAt" > ${NOW_MS}`;

/** What every sync leaves behind. Statements are sent at once, as in activity.ts. */
export class PostgresHeartbeats extends PostgresStatements {
  async recordKeyUses(uses: readonly KeyUse[], recent?: RecentUses): Promise<void> {
    const newest = newestOf(uses, ({ keyId }) => keyId).filter(
      (use) => use.isShown !== true || recent?.has(use.keyId, use) !== true,
    );
    if (newest.length === 0) {
      return;
    }
    await this.run(
      KEY_USES,
      newest.map(({ keyId }) => keyId),
      newest.map(({ at }) => at),
    );
  }

  async recordSyncs(syncs: readonly Sync[], recent?: RecentUses): Promise<void> {
    const newest = newestOf(syncs, ({ executorId }) => executorId);
    const shown = new Set(newest.map(({ executorId, key }) => useId(executorId, key.id)));
    const isDue = ({ executorId, key, at }: Sync) => recent?.has(executorId, { keyId: key.id, at }) !== true;
    const due = newest.filter(isDue);
    const uses = usesOf(syncs).filter((use) => !shown.has(useId(use.executorId, use.key.id)) || isDue(use));
    await settled([
      due.length > 0 &&
        this.run(
          FORMER_KEYS,
          due.map(({ executorId }) => executorId),
          due.map(({ key }) => key.id),
        ),
      uses.length > 0 && this.run(USES, ...columnsOfUses(uses, shown)),
      this.run(HEARTBEATS, ...columnsOfHeartbeats(newest)),
    ]);
  }
}

/** One for each id, as if they were written one after the other. */
function newestOf<Timed extends { readonly at: number }>(
  all: readonly Timed[],
  idOf: (each: Timed) => string,
): readonly Timed[] {
  const newest = new Map<string, Timed>();
  const now = Date.now();
  for (const each of all) {
    const id = idOf(each);
    const before = newest.get(id);
    if (before === undefined || before.at <= each.at || before.at > now) {
      newest.set(id, each);
    }
  }
  return [...newest.values()];
}

/** An executor's use of a key: the newest of those to write, and the time of the first. */
interface Use extends Sync {
  readonly first: number;
}

function useId(executorId: string, keyId: string): string {
  return `${executorId} ${keyId}`;
}

function usesOf(syncs: readonly Sync[]): readonly Use[] {
  const idOf = (sync: Sync) => useId(sync.executorId, sync.key.id);
  const firsts = new Map<string, number>();
  for (const sync of syncs) {
    if (!firsts.has(idOf(sync))) {
      firsts.set(idOf(sync), sync.at);
    }
  }
  return newestOf(syncs, idOf).map((sync) => ({ ...sync, first: firsts.get(idOf(sync)) ?? sync.at }));
}

/** `shown` are those that become the executor's heartbeat. */
function columnsOfUses(uses: readonly Use[], shown: ReadonlySet<string>): Value[] {
  return [
    uses.map(({ executorId }) => executorId),
    uses.map(({ key }) => key.id),
    uses.map(({ key }) => key.name),
    uses.map(({ key }) => key.fingerprint),
    uses.map(({ first }) => first),
    uses.map(({ at }) => at),
    uses.map(({ address }) => address),
    uses.map(({ executorId, key }) => !shown.has(useId(executorId, key.id))),
  ];
}

function columnsOfHeartbeats(syncs: readonly Sync[]): Value[] {
  const declared = syncs.map(({ declaration }) => declaration);
  return [
    syncs.map(({ executorId }) => executorId),
    syncs.map(({ key }) => key.id),
    declared.map(({ version }) => version),
    declared.map(({ channel }) => channel),
    declared.map(({ hostName }) => hostName),
    declared.map(({ publicHost }) => publicHost),
    declared.map(({ capabilities }) => capabilities),
    declared.map(({ resources }) => resources),
    syncs.map(({ address }) => address),
    declared.map(({ instanceId = null }) => instanceId),
    declared.map(({ process = null }) => (process === null ? null : JSON.stringify(process))),
    syncs.map(({ at }) => at),
  ];
}
