/**
 * Migration: what became of executors and keys.
 *
 * A key's last refusal has one row as long as the key exists. `executorId` is set if the key was
 * refused for that executor; its address alone came from the caller.
 *
 * `refusedAt` repeats the time in `lastRefusal`, so that lists need not read JSON that may be
 * damaged. A stop counts as long as no sync is later.
 *
 * The key of a transition is stored by name, because the history outlives it. Its kind is the place
 * in TRANSITION_KINDS, which is also the order of those that happened at the same time.
 */
export const HISTORY_TABLES = `
  alter table executor add column stoppedAt integer;
  alter table executor add column refusedAt integer;
  update executor set refusedAt = case
      when json_valid(lastRefusal) and typeof(lastRefusal ->> '$.at') = 'integer' then lastRefusal ->> '$.at' end
    where lastRefusal is not null;

  alter table executorKeyUsage add column address text;

  create table keyRefusal (
    keyId text not null primary key references apikey (id) on delete cascade,
    reason text not null,
    message text not null,
    address text,
    executorId text,
    at integer not null
  ) strict, without rowid;

  create table executorTransition (
    executorId text not null references executor (id) on delete cascade,
    at integer not null,
    kind integer not null,
    cause text,
    keyId text,
    keyName text,
    keyFingerprint text,
    address text,
    primary key (executorId, at, kind)
  ) strict, without rowid;

  -- Lists in the order in which they are shown. The first one also finds those that synced lately.
  drop index executor_lastSyncAt;
  create index executor_seen on executor (organizationId, coalesce(lastSyncAt, 0));
  drop index executor_keyId;
  create index executor_bound on executor (keyId, name);
  create index apikey_name on apikey (referenceId, coalesce(name, ''));
  create index apikey_expiry on apikey (referenceId, coalesce(expiresAt, '~'));
`;
