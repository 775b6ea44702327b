/**
 * Migration: nodes.
 *
 * `config` is a NodeConfig, `deletion` a NodeDeletion and `observed` an ObservedNode, as JSON. A
 * node refers to its executor without a cascade: an executor that has nodes is not deleted.
 *
 * Capabilities are kept once for each hash, as long as an executor reports it.
 */
export const NODE_TABLES = `
  create table executorNodes (
    executorId text not null primary key references executor (id) on delete cascade,
    changeNumber integer not null,
    lostChanges integer not null,
    seen integer,
    capabilitiesHash text
  ) strict;
  create index executorNodes_capabilitiesHash on executorNodes (capabilitiesHash);

  create table nodeCapabilities (
    hash text not null primary key,
    capabilities text not null
  ) strict;

  create table node (
    id text not null primary key,
    organizationId text not null,
    executorId text not null references executor (id),
    name text not null,
    revision integer not null,
    lostChanges integer not null,
    chain text not null,
    config text not null,
    desiredState text not null,
    restartGeneration integer not null,
    deletion text,
    isGone integer not null default 0,
    createdAt integer not null,
    updatedAt integer not null,
    unique (executorId, name)
  ) strict;
  create index node_organizationId on node (organizationId);

  create table nodeRevision (
    nodeId text not null references node (id) on delete cascade,
    revision integer not null,
    config text not null,
    desiredState text not null,
    restartGeneration integer not null,
    deletion text,
    at integer not null,
    actor text not null,
    primary key (nodeId, revision)
  ) strict;

  create table nodeObservation (
    nodeId text not null primary key references node (id) on delete cascade,
    observed text not null,
    observedAt integer not null
  ) strict;
`;
