/**
 * Our own tables, with times in epoch milliseconds. They are those of the SQLite store, except for
 * what every sync writes: that has tables without further indexes and with room in each page, so
 * that an update writes one row and no index (measured: a quarter of the time, a fifth of the log).
 */
const text = `text collate "C"`;
const HOT = "with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)";

export const OWN_TABLES = `
  -- In lower case, whatever the locale of the server is.
  create function fold(value text) returns text language sql immutable parallel safe as $$
    select lower(value collate "und-x-icu") collate "C"
  $$;

  create table executor (
    id ${text} not null primary key,
    "organizationId" ${text} not null references organization (id),
    name ${text} not null,
    kind ${text} not null,
    "createdAt" bigint not null,
    "keyId" ${text} references apikey (id) on delete set null,
    "lineageId" ${text},
    "enrolledBy" ${text},
    "lastRefusal" text,
    "refusedAt" bigint,
    "stoppedAt" bigint,
    ordinal bigint generated always as identity,
    unique ("organizationId", name)
  );
  create index executor_list on executor ("organizationId", ordinal);
  create index executor_bound on executor ("keyId", name);
  create index "executor_lineageId" on executor ("lineageId");
  create index "executor_enrolledBy" on executor ("enrolledBy");

  -- What an executor says of itself in every sync. It has a row from its first sync on.
  create table heartbeat (
    "executorId" ${text} not null primary key references executor (id) on delete cascade,
    "keyId" ${text},
    version ${text} not null,
    channel ${text} not null,
    "hostName" ${text} not null,
    "publicHost" ${text},
    capabilities text not null,
    resources text not null,
    address ${text},
    "instanceId" ${text},
    process text,
    -- The process whose heartbeat the first one of this process has replaced.
    former text,
    "lastSyncAt" bigint
  ) ${HOT};
  create table "keyUse" (
    "keyId" ${text} not null primary key references apikey (id) on delete cascade,
    "lastUsedAt" bigint not null
  ) ${HOT};
  -- The history outlives executor and key. Its last use may be a minute old: the heartbeat has it.
  create table "executorKeyUsage" (
    "executorId" ${text} not null,
    "executorName" ${text} not null,
    "keyId" ${text} not null,
    "keyName" ${text} not null,
    "keyFingerprint" ${text} not null,
    "firstUsedAt" bigint not null,
    "lastUsedAt" bigint not null,
    address ${text},
    primary key ("executorId", "keyId")
  ) with (fillfactor = 50);
  create index "executorKeyUsage_keyId" on "executorKeyUsage" ("keyId");

  -- What better-auth's table has no column for. A key that its plugin made has no row here.
  create table "executorKey" (
    "keyId" ${text} not null primary key references apikey (id) on delete cascade,
    "lineageId" ${text} not null,
    "targetExecutorId" ${text},
    "targetName" ${text},
    "revokesAt" bigint,
    "revokedAt" bigint
  );
  create index "executorKey_lineageId" on "executorKey" ("lineageId");
  create index "executorKey_target" on "executorKey" ("targetExecutorId") where "targetExecutorId" is not null;
  create table "keyRefusal" (
    "keyId" ${text} not null primary key references apikey (id) on delete cascade,
    reason ${text} not null,
    message text not null,
    address ${text},
    "executorId" ${text},
    at bigint not null
  ) with (fillfactor = 50);
  create table "executorTransition" (
    "executorId" ${text} not null references executor (id) on delete cascade,
    at bigint not null,
    kind integer not null,
    cause ${text},
    "keyId" ${text},
    "keyName" ${text},
    "keyFingerprint" ${text},
    address ${text},
    primary key ("executorId", at, kind)
  );

  create table "signInDevice" (
    hash ${text} not null primary key,
    "userId" ${text} not null references "user" ("id") on delete cascade,
    "createdAt" bigint not null,
    "lastUsedAt" bigint not null
  );
  create index "signInDevice_userId" on "signInDevice" ("userId", "lastUsedAt");

  create table "auditEvent" (
    sequence bigint not null primary key,
    id ${text} not null unique,
    "organizationId" ${text} not null,
    at bigint not null,
    actor ${text} not null,
    "actorId" ${text},
    action ${text} not null,
    "targetType" ${text} not null,
    "targetId" ${text} not null,
    "targetName" ${text} not null,
    details text not null,
    source ${text} not null
  );
  create index "auditEvent_at" on "auditEvent" ("organizationId", at, sequence);
  create index "auditEvent_action" on "auditEvent" ("organizationId", action, actor, at, sequence);
  create index "auditEvent_actor" on "auditEvent" ("organizationId", actor, at, sequence);
  create index "auditEvent_target" on "auditEvent" ("organizationId", "targetId");
  create index "auditEvent_targetName" on "auditEvent" ("organizationId", fold("targetName"));
  create table "auditActor" (
    "organizationId" ${text} not null,
    actor ${text} not null,
    primary key ("organizationId", actor)
  );

  create table "executorNodes" (
    "executorId" ${text} not null primary key references executor (id) on delete cascade,
    "changeNumber" bigint not null,
    "lostChanges" bigint not null,
    seen bigint,
    "capabilitiesHash" ${text}
  );
  create index "executorNodes_capabilitiesHash" on "executorNodes" ("capabilitiesHash");
  create table "nodeCapabilities" (
    hash ${text} not null primary key,
    capabilities text not null
  );
  create table node (
    id ${text} not null primary key,
    "organizationId" ${text} not null,
    "executorId" ${text} not null references executor (id),
    name ${text} not null,
    revision bigint not null,
    "lostChanges" bigint not null,
    chain ${text} not null,
    config text not null,
    "desiredState" ${text} not null,
    "restartGeneration" bigint not null,
    deletion text,
    "isGone" boolean not null default false,
    "createdAt" bigint not null,
    "updatedAt" bigint not null,
    ordinal bigint generated always as identity,
    unique ("executorId", name)
  );
  create index node_list on node ("organizationId", ordinal);
  create table "nodeRevision" (
    "nodeId" ${text} not null references node (id) on delete cascade,
    revision bigint not null,
    config text not null,
    "desiredState" ${text} not null,
    "restartGeneration" bigint not null,
    deletion text,
    at bigint not null,
    actor ${text} not null,
    primary key ("nodeId", revision)
  );
  create table "nodeObservation" (
    "nodeId" ${text} not null primary key references node (id) on delete cascade,
    observed text not null,
    "observedAt" bigint not null
  ) ${HOT};
`;
