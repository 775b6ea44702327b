import type { AuditPage, AuditReader } from "../../../../src/control-plane/store/contract/audit.ts";
import type { ExecutorReader } from "../../../../src/control-plane/store/contract/executors.ts";
import type { KeyReader } from "../../../../src/control-plane/store/contract/keys.ts";
import type {
  ExecutorPage,
  KeyPage,
  SearchPage,
} from "../../../../src/control-plane/store/contract/lists.ts";
import type { NodePage, NodeReader } from "../../../../src/control-plane/store/contract/nodes.ts";
import type { OrganizationReader } from "../../../../src/control-plane/store/contract/organizations.ts";
import type { PeopleReader } from "../../../../src/control-plane/store/contract/people.ts";
import { EXECUTOR_PAGE, KEY_PAGE, momentAt, NO_EXECUTOR_FILTER, NO_KEY_FILTER } from "../list-pages.ts";

/** When the large databases of tests were filled. */
export const NOW = Date.UTC(2026, 5, 1);

/** Asks each method everything that makes another statement of it, of a large database. */
export type Reads<Reader> = { readonly [Method in keyof Reader]: (reader: Reader) => Promise<unknown> };

const page: SearchPage = { limit: 100, before: null, search: "prod" };
const audit: AuditPage = {
  limit: 100,
  before: null,
  after: null,
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};

/** In every order and direction, with either cursor and with none. */
async function everyPage<Page extends ExecutorPage | KeyPage>(
  first: Page,
  sorts: readonly Page["sort"][],
  list: (page: Page) => Promise<unknown>,
  id: string,
): Promise<void> {
  for (const sort of sorts) {
    for (const isDescending of [true, false]) {
      for (const cursor of [{}, { before: id }, { after: id }]) {
        await list({ ...first, sort, isDescending, ...cursor });
      }
    }
  }
}

/** As a list does that asks something about each of its entries. */
function forEach(prefix: "key" | "executor", ask: (id: string) => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: 100 }, (_, n) => ask(`${prefix}-${n}`)));
}

const keys: Reads<KeyReader> = {
  byHash: (reader) => reader.byHash("x"),
  hasSuccessor: (reader) => reader.hasSuccessor({ id: "key-1", lineageId: "key-1" }),
  byId: (reader) => forEach("key", (id) => reader.byId(id)),
  list: (reader) =>
    everyPage(KEY_PAGE, ["created", "name", "expires"], (each) => reader.list("acme", each), "key-9"),
  count: (reader) => reader.count("acme", NO_KEY_FILTER, momentAt(NOW)),
  health: (reader) => reader.health("acme", momentAt(NOW)),
  any: (reader) => reader.any(),
  newestOfLineage: (reader) => reader.newestOfLineage("key-1"),
  neighbours: (reader) => forEach("key", (id) => reader.neighbours({ id, lineageId: id })),
  lineage: (reader) => forEach("key", (id) => reader.lineage(id, 20)),
  ofExecutor: (reader) => forEach("executor", (id) => reader.ofExecutor(id, 0)),
  uses: (reader) => forEach("key", (id) => reader.uses(id, 2)),
  useCount: (reader) => forEach("key", (id) => reader.useCount(id)),
  usesNow: (reader) => forEach("key", (id) => reader.usesNow(id, 2)),
  boundCount: (reader) => forEach("key", (id) => reader.boundCount(id)),
  usesBefore: (reader) => forEach("key", (id) => reader.usesBefore(id, 2)),
  refusal: (reader) => forEach("key", (id) => reader.refusal(id)),
};

export function everyExecutorPage(
  reader: Pick<ExecutorReader, "list">,
  sorts: readonly ExecutorPage["sort"][],
): Promise<void> {
  return everyPage(EXECUTOR_PAGE, sorts, (each) => reader.list("acme", each), "executor-9");
}

const executors: Reads<ExecutorReader> = {
  bound: (reader) => reader.bound("acme", "agent-1"),
  byId: (reader) => forEach("executor", (id) => reader.byId(id)),
  inOrganization: (reader) => reader.inOrganization("acme", "executor-1"),
  byName: (reader) => reader.byName("acme", "agent-1"),
  list: (reader) => everyExecutorPage(reader, ["created", "name", "seen"]),
  count: (reader) => reader.count("acme", NO_EXECUTOR_FILTER, momentAt(NOW)),
  health: (reader) => reader.health("acme", momentAt(NOW)),
  versions: (reader) => reader.versions("acme"),
  syncedSince: (reader) => reader.syncedSince(NOW),
  lastTwoInstances: (reader) => reader.lastTwoInstances(NOW),
  whereabouts: (reader) => reader.whereabouts(["executor-1", "executor-2"]),
  onKey: (reader) => forEach("key", (id) => reader.onKey(id, 100)),
  keyUses: (reader) => forEach("executor", (id) => reader.keyUses(id, 20)),
  transitions: (reader) => forEach("executor", (id) => reader.transitions(id)),
  lineageUse: (reader) => reader.lineageUse("key-1", "executor-1"),
  enrolledCount: (reader) => reader.enrolledCount("key-1"),
};

const organizations: Reads<OrganizationReader> = {
  list: (reader) => reader.list(10),
  find: (reader) => reader.find("acme"),
  withoutMembers: (reader) => reader.withoutMembers(),
  withoutOwner: (reader) => reader.withoutOwner(),
};

const auditEvents: Reads<AuditReader> = {
  eventsAfter: (reader) => reader.eventsAfter(500, 500),
  events: async (reader) => {
    for (const filter of [
      {},
      { action: "api_key.created" },
      { actor: "person7" },
      { target: "prod 7" },
      { target: "zzz" },
      { target: "prod 7", actor: "person7" },
      { action: "member.removed", actor: "person7" },
    ]) {
      for (const window of [
        {},
        { before: "event-500" },
        { after: "event-500" },
        { from: NOW - 1000, to: NOW },
        { from: NOW - 1000, after: "event-500" },
      ]) {
        await reader.events("acme", { ...audit, ...filter, ...window });
      }
    }
  },
};

const people: Reads<PeopleReader> = {
  any: (reader) => reader.any(),
  list: (reader) => reader.list(),
  byId: (reader) => reader.byId("x"),
  byEmail: (reader) => reader.byEmail("a@example.com"),
  passwordHash: (reader) => reader.passwordHash("x"),
  sessions: (reader) => reader.sessions("x", 0),
  hasSession: (reader) => reader.hasSession("x", "y", 0),
  memberships: (reader) => reader.memberships("x"),
  members: (reader) => reader.members("acme"),
  memberById: (reader) => reader.memberById("acme", "x"),
  memberByEmail: (reader) => reader.memberByEmail("acme", "a@example.com"),
  memberOf: (reader) => reader.memberOf("acme", "x"),
  countMembers: (reader) => reader.countMembers("acme"),
  ownerIds: (reader) => reader.ownerIds("acme"),
  pendingInvitations: (reader) => reader.pendingInvitations("acme", NOW),
  invitation: (reader) => reader.invitation("x"),
};

const nodePage: NodePage = { ...page, executorId: null, chain: null };

const nodes: Reads<NodeReader> = {
  ofExecutor: (reader) => reader.ofExecutor("executor-1"),
  byId: (reader) => reader.byId("node-1"),
  byName: (reader) => reader.byName("executor-1", "node-1"),
  listOfExecutor: (reader) => reader.listOfExecutor("executor-1"),
  list: async (reader) => [
    await reader.list("acme", nodePage),
    await reader.list("acme", { ...nodePage, before: "node-9", executorId: "executor-1", chain: "bitcoin" }),
  ],
  revisions: (reader) => reader.revisions("node-1", 20),
  hasCapabilities: (reader) => reader.hasCapabilities("hash"),
  capabilitiesOf: (reader) => reader.capabilitiesOf("executor-1"),
};

export const LARGE_READS = { keys, executors, nodes, organizations, audit: auditEvents, people };
