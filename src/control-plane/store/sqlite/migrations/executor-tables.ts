/**
 * Migration: lineages, and executors that can be deleted.
 *
 * An executor remembers the lineage it is bound to, even after its key is deleted, and the lineage
 * that enrolled it. Its history and the target of a key store its id and name instead of a
 * reference, because they outlive its row.
 *
 * The audit log's actors get a table of their own, which is small enough to search by any part of a
 * name.
 */
export const EXECUTOR_TABLES = `
  alter table executor add column lineageId text;
  alter table executor add column enrolledBy text;

  create table newUsage (
    executorId text not null,
    executorName text not null,
    keyId text not null,
    keyName text not null,
    keyFingerprint text not null,
    firstUsedAt integer not null,
    lastUsedAt integer not null,
    primary key (executorId, keyId)
  ) strict;
  insert into newUsage select u.executorId, x.name, u.keyId, u.keyName, u.keyFingerprint, u.firstUsedAt, u.lastUsedAt
    from executorKeyUsage u join executor x on x.id = u.executorId;
  drop table executorKeyUsage;
  alter table newUsage rename to executorKeyUsage;
  create index executorKeyUsage_keyId on executorKeyUsage (keyId, lastUsedAt);
  create index executorKeyUsage_executorId on executorKeyUsage (executorId, lastUsedAt);

  create table newKey (
    keyId text not null primary key references apikey (id) on delete cascade,
    lineageId text not null,
    targetExecutorId text,
    targetName text,
    revokesAt integer,
    revokedAt integer
  ) strict;
  insert into newKey select k.keyId, k.lineageId, k.targetExecutorId, x.name, k.revokesAt, k.revokedAt
    from executorKey k left join executor x on x.id = k.targetExecutorId;
  drop table executorKey;
  alter table newKey rename to executorKey;
  create index executorKey_lineageId on executorKey (lineageId);
  create index executorKey_target on executorKey (targetExecutorId) where targetExecutorId is not null;

  -- The lineage of its key, or of the last key it used. A key without a row begins a lineage.
  update executor set lineageId = (
    select coalesce((select k.lineageId from executorKey k where k.keyId = known.keyId), known.keyId) from (
      select coalesce(executor.keyId, (select u.keyId from executorKeyUsage u
        where u.executorId = executor.id order by u.lastUsedAt desc limit 1)) as keyId) known
    where known.keyId is not null);
  update executor set enrolledBy = coalesce((
    select coalesce((select k.lineageId from executorKey k where k.keyId = u.keyId), u.keyId) from executorKeyUsage u
      where u.executorId = executor.id order by u.firstUsedAt limit 1), lineageId);
  create index executor_lineageId on executor (lineageId);
  create index executor_enrolledBy on executor (enrolledBy);

  create table auditActor (
    organizationId text not null,
    actor text not null,
    primary key (organizationId, actor)
  ) strict, without rowid;
  insert into auditActor select distinct organizationId, actor from auditEvent;
  create trigger auditActor_insert after insert on auditEvent begin
    insert into auditActor values (new.organizationId, new.actor) on conflict do nothing;
  end;
  create index auditEvent_actor on auditEvent (organizationId, actor, at);
`;
