import { beforeAll, describe, expect, it } from "vitest";
import type { AuditReader } from "../../../../src/control-plane/store/contract/audit.ts";
import type { ExecutorReader } from "../../../../src/control-plane/store/contract/executors.ts";
import type { KeyReader } from "../../../../src/control-plane/store/contract/keys.ts";
import type { NodeReader } from "../../../../src/control-plane/store/contract/nodes.ts";
import type { OneTimeLinkReader } from "../../../../src/control-plane/store/contract/one-time-links.ts";
import type { OrganizationReader } from "../../../../src/control-plane/store/contract/organizations.ts";
import type { PeopleReader } from "../../../../src/control-plane/store/contract/people.ts";
import type { SignInDeviceReader } from "../../../../src/control-plane/store/contract/sign-in-devices.ts";
import { type Store, StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";
import { OFFLINE_CAUSES } from "../../../../src/protocol/statuses.ts";
import {
  EXECUTOR_PAGE,
  KEY_PAGE,
  momentAt,
  NO_EXECUTOR_FILTER,
  NO_KEY_FILTER,
} from "../../../support/control-plane/list-pages.ts";
import { CAPABILITIES } from "../../../support/control-plane/node-executor.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { DEVICE_HASH, fill, LINK_HASH, T } from "../../../support/control-plane/store/filled-store.ts";
import { DECLARATION, hashOf, newEvent, newNode } from "../../../support/control-plane/store/new-records.ts";

/** What a method is asked, what it resolves with on an empty store, and what on the filled one. */
type Case<Reader> = readonly [
  ask: (reader: Reader, text: (text: string) => string) => Promise<unknown>,
  empty: unknown,
  filled: unknown,
];
/** A method of the contract without a case does not compile. */
type Cases<Reader> = { readonly [Method in keyof Reader]: Case<Reader> };

const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);
const MOMENT = momentAt(T, ["e3"]);
const acme = { id: "acme", name: "Acme", slug: "acme" };
const bravo = { id: "bravo", name: "Bravo", slug: "b-slug" };
const cee = { id: "cee", name: "Cee", slug: "cee" };
const olga = { id: "olga", name: "Olga", email: "olga@example.com" };
const marta = { id: "marta", name: "Marta", email: "marta@example.com" };
const fra1 = { id: "e1", name: "fra-1", isDeleted: false };

const organizations: Cases<OrganizationReader> = {
  list: [(reader) => reader.list(2), [], [acme, bravo]],
  find: [(reader, text) => reader.find(text("b-slug")), undefined, bravo],
  withoutMembers: [(reader) => reader.withoutMembers(), [], [bravo]],
  withoutOwner: [(reader) => reader.withoutOwner(), [], [cee]],
};

const K2 = {
  id: "k2",
  name: "k2",
  fingerprint: "6b322d2d",
  organization: acme,
  createdAt: T - 5000,
  expiresAt: null,
  isEnabled: true,
  revokedAt: null,
  revokesAt: null,
  lineageId: "k1",
  target: fra1,
  damaged: [],
};
const K3 = { ...K2, id: "k3", name: "k3", fingerprint: "6b332d2d", expiresAt: T + 9000, target: null };
const K4_REFUSAL = {
  reason: "revoked",
  message: "It was revoked.",
  address: "192.0.2.8",
  executorId: null,
  at: T - 100,
};
const use = (name: string, firstUsedAt: number, lastUsedAt: number) => ({
  executor: { id: name === "fra-1" ? "e1" : "e2", name, isDeleted: false },
  firstUsedAt,
  lastUsedAt,
  address: "192.0.2.7",
  damaged: [],
});
const K3_USES = [use("fra-1", T - 1000, T - 900), use("ams-1", T - 70_000, T - 70_000)];

const keys: Cases<KeyReader> = {
  any: [(reader) => reader.any(), false, true],
  byHash: [(reader, text) => reader.byHash(text(hashOf("k2"))), undefined, expect.objectContaining(K2)],
  hasSuccessor: [(reader, text) => reader.hasSuccessor({ id: text("k2"), lineageId: "k1" }), false, true],
  byId: [(reader, text) => reader.byId(text("k3")), undefined, { ...K3, lastUsedAt: T - 900 }],
  list: [
    async (reader, text) => ids(await reader.list(text("acme"), { ...KEY_PAGE, limit: 3, moment: MOMENT })),
    [],
    ["k5", "k4", "k3"],
  ],
  count: [(reader, text) => reader.count(text("acme"), NO_KEY_FILTER, MOMENT), 0, 5],
  health: [
    (reader, text) => reader.health(text("acme"), MOMENT),
    { total: 0, active: 0, refused: 0, expiring: 0, unused: 0, old: 0 },
    { total: 5, active: 4, refused: 1, expiring: 1, unused: 0, old: 0 },
  ],
  newestOfLineage: [
    (reader, text) => reader.newestOfLineage(text("k1")),
    undefined,
    { ...K3, lastUsedAt: T - 900 },
  ],
  neighbours: [
    (reader, text) => reader.neighbours({ id: text("k2"), lineageId: "k1" }),
    { successor: undefined, predecessor: undefined },
    { successor: expect.objectContaining({ id: "k3" }), predecessor: expect.objectContaining({ id: "k1" }) },
  ],
  lineage: [async (reader, text) => ids(await reader.lineage(text("k1"), 2)), [], ["k3", "k2"]],
  ofExecutor: [async (reader, text) => ids(await reader.ofExecutor(text("e1"), T)), [], ["k1", "k2", "k3"]],
  uses: [(reader, text) => reader.uses(text("k3"), 9), [], K3_USES],
  useCount: [(reader, text) => reader.useCount(text("k3")), 0, 2],
  usesNow: [(reader, text) => reader.usesNow(text("k3"), 9), [], K3_USES.slice(0, 1)],
  boundCount: [(reader, text) => reader.boundCount(text("k3")), 0, 1],
  usesBefore: [(reader, text) => reader.usesBefore(text("k3"), 9), [], K3_USES.slice(1)],
  refusal: [(reader, text) => reader.refusal(text("k4")), undefined, K4_REFUSAL],
};

const E1 = {
  ...DECLARATION,
  id: "e1",
  organizationId: "acme",
  name: "fra-1",
  kind: "agent",
  createdAt: T - 8000,
  lastSyncAt: T - 900,
  stoppedAt: null,
  key: {
    id: "k3",
    name: "k3",
    fingerprint: "6b332d2d",
    expiresAt: T + 9000,
    isEnabled: true,
    revokedAt: null,
    revokesAt: null,
    lastRefusal: null,
    damaged: [],
  },
  lastRefusal: null,
  damaged: [],
};
const E2 = expect.objectContaining({
  id: "e2",
  kind: "operator",
  lastSyncAt: T - 60_000,
  stoppedAt: T - 50_000,
  key: expect.objectContaining({ id: "k5", revokesAt: T + 500 }),
  lastRefusal: {
    key: { id: "k4", name: "k4", fingerprint: "00000000" },
    reason: "revoked",
    message: "It was revoked.",
    address: "192.0.2.8",
    at: T - 100,
  },
});
const keyUse = (id: string, firstUsedAt: number, lastUsedAt: number) => ({
  key: { id, name: id, fingerprint: "00000000" },
  firstUsedAt,
  lastUsedAt,
  address: "192.0.2.7",
  damaged: [],
});
const causes = (counts: Readonly<Record<string, number>>) =>
  OFFLINE_CAUSES.map((cause) => ({ cause, count: counts[cause] ?? 0 }));

const executors: Cases<ExecutorReader> = {
  bound: [
    (reader, text) => reader.bound("acme", text("fra-1")),
    undefined,
    { id: "e1", name: "fra-1", kind: "agent", keyId: "k3", lineageId: "k1", damaged: [] },
  ],
  byId: [(reader, text) => reader.byId(text("e1")), undefined, E1],
  inOrganization: [(reader, text) => reader.inOrganization("acme", text("e2")), undefined, E2],
  byName: [(reader, text) => reader.byName("acme", text("ams-1")), undefined, E2],
  list: [
    async (reader, text) =>
      ids(await reader.list(text("acme"), { ...EXECUTOR_PAGE, limit: 2, moment: MOMENT })),
    [],
    ["e3", "e2"],
  ],
  count: [(reader, text) => reader.count(text("acme"), NO_EXECUTOR_FILTER, MOMENT), 0, 3],
  health: [
    (reader, text) => reader.health(text("acme"), MOMENT),
    { total: 0, online: 0, offline: 0, offlineBy: causes({}), refused: 0, duplicates: 0 },
    {
      total: 3,
      online: 1,
      offline: 2,
      offlineBy: causes({ refused: 1, key_deleted: 1 }),
      refused: 1,
      duplicates: 1,
    },
  ],
  versions: [
    (reader, text) => reader.versions(text("acme")),
    [],
    [
      { version: "1.4.0", count: 2 },
      { version: "2.0.0", count: 1 },
    ],
  ],
  syncedSince: [async (reader) => ids(await reader.syncedSince(T - 60_000)).toSorted(), [], ["e1", "e2"]],
  lastTwoInstances: [(reader) => reader.lastTwoInstances(0), [], []],
  whereabouts: [
    async (reader) =>
      (await reader.whereabouts(["e1", "e2", "nobody"])).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    [],
    [
      { id: "e1", lastSyncAt: T - 900, isOnline: true },
      { id: "e2", lastSyncAt: T - 60_000, isOnline: null },
    ],
  ],
  onKey: [(reader, text) => reader.onKey(text("k3"), 9), [], [{ id: "e1", name: "fra-1" }]],
  keyUses: [
    (reader, text) => reader.keyUses(text("e1"), 9),
    [],
    [keyUse("k3", T - 1000, T - 900), keyUse("k1", T - 2000, T - 2000)],
  ],
  transitions: [
    (reader, text) => reader.transitions(text("e1")),
    [],
    [
      {
        kind: "key_changed",
        at: T - 1000,
        cause: null,
        address: "192.0.2.7",
        key: { id: "k3", name: "k3", fingerprint: "6b332d2d" },
      },
      {
        kind: "online",
        at: T - 2000,
        cause: null,
        address: "192.0.2.7",
        key: { id: "k1", name: "k1", fingerprint: "00000000" },
      },
    ],
  ],
  lineageUse: [
    (reader, text) => reader.lineageUse(text("k1"), "e2"),
    { executor: undefined, target: undefined },
    { executor: { id: "e1", name: "fra-1" }, target: { id: "e1", name: "fra-1" } },
  ],
  enrolledCount: [(reader, text) => reader.enrolledCount(text("k5")), 0, 2],
};

const { config } = newNode("");
const N1 = {
  id: "n1",
  organizationId: "acme",
  executor: { id: "e1", name: "fra-1" },
  name: "ltc-1",
  revision: 2,
  lostChanges: 0,
  config,
  desiredState: "stopped",
  restartGeneration: 0,
  deletion: null,
  isGone: false,
  createdAt: 1,
  updatedAt: T,
  observed: expect.objectContaining({ id: "n1" }),
  observedAt: T - 900,
  damaged: [],
};
const NODE_PAGE = { limit: 9, before: null, search: null, executorId: null, chain: null };
const own = (id: string, desiredState: string) => ({
  id,
  name: id.replace("n", "ltc-"),
  desiredState,
  deletion: null,
  isGone: false,
});
const revision = (number: number, desiredState: string, at: number, actor: string) => ({
  revision: number,
  config,
  desiredState,
  restartGeneration: 0,
  deletion: null,
  at,
  actor,
  damaged: [],
});

const nodes: Cases<NodeReader> = {
  ofExecutor: [
    (reader, text) => reader.ofExecutor(text("e1")),
    { changeNumber: 0, lostChanges: 0, seen: null, capabilitiesHash: null, nodes: [] },
    {
      changeNumber: 3,
      lostChanges: 1,
      seen: 2,
      capabilitiesHash: "hash",
      nodes: expect.arrayContaining([own("n1", "stopped"), own("n2", "running")]),
    },
  ],
  byId: [(reader, text) => reader.byId(text("n1")), undefined, N1],
  byName: [(reader, text) => reader.byName("e1", text("ltc-1")), undefined, N1],
  listOfExecutor: [async (reader, text) => ids(await reader.listOfExecutor(text("e1"))), [], ["n1", "n2"]],
  list: [async (reader, text) => ids(await reader.list(text("acme"), NODE_PAGE)), [], ["n2", "n1"]],
  revisions: [
    (reader, text) => reader.revisions(text("n1"), 9),
    [],
    [revision(2, "stopped", T, "Marta"), revision(1, "running", 1, "Olga")],
  ],
  hasCapabilities: [(reader, text) => reader.hasCapabilities(text("hash")), false, true],
  capabilitiesOf: [(reader, text) => reader.capabilitiesOf(text("e1")), undefined, CAPABILITIES],
};

const member = (person: typeof olga, role: string) => ({
  id: expect.stringMatching(/^\w{32}$/),
  person,
  role,
  createdAt: T,
  damaged: [],
});
const I1 = {
  id: "i1",
  organization: acme,
  email: "i1@example.com",
  role: "admin",
  status: "pending",
  expiresAt: T + 1000,
  createdAt: T,
  inviter: olga,
  inviterRole: "owner",
  damaged: [],
};

const people: Cases<PeopleReader> = {
  any: [(reader) => reader.any(), false, true],
  list: [
    (reader) => reader.list(),
    [],
    [
      { ...marta, damaged: [] },
      { ...olga, damaged: [] },
    ],
  ],
  byId: [(reader, text) => reader.byId(text("olga")), undefined, expect.objectContaining(olga)],
  byEmail: [
    (reader, text) => reader.byEmail(text("OLGA@example.COM")),
    undefined,
    expect.objectContaining(olga),
  ],
  passwordHash: [(reader, text) => reader.passwordHash(text("olga")), undefined, "hash of olga"],
  sessions: [
    async (reader, text) =>
      (await reader.sessions(text("olga"), T)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    [],
    ["s1", "s2"].map((id, n) => ({
      id,
      createdAt: T - 500,
      renewedAt: T - 500,
      expiresAt: T + 1000 * (n + 1),
      address: "192.0.2.1",
      userAgent: null,
      damaged: [],
    })),
  ],
  hasSession: [(reader, text) => reader.hasSession("olga", text("s1"), T + 999), false, true],
  memberships: [
    (reader, text) => reader.memberships(text("olga")),
    [],
    [
      { organization: acme, role: "owner" },
      { organization: cee, role: "admin" },
    ],
  ],
  members: [
    (reader, text) => reader.members(text("acme")),
    [],
    [member(marta, "member"), member(olga, "owner")],
  ],
  memberById: [
    async (reader, text) => {
      const found = await reader.memberOf("acme", text("marta"));
      return found === undefined ? undefined : reader.memberById("acme", found.id);
    },
    undefined,
    member(marta, "member"),
  ],
  memberByEmail: [
    (reader, text) => reader.memberByEmail("acme", text("Marta@example.com")),
    undefined,
    member(marta, "member"),
  ],
  memberOf: [(reader, text) => reader.memberOf("acme", text("olga")), undefined, member(olga, "owner")],
  countMembers: [(reader, text) => reader.countMembers(text("acme")), 0, 2],
  ownerIds: [(reader, text) => reader.ownerIds(text("acme")), [], ["olga"]],
  pendingInvitations: [(reader, text) => reader.pendingInvitations(text("acme"), T), [], [I1]],
  invitation: [(reader, text) => reader.invitation(text("i1")), undefined, I1],
};

const devices: Cases<SignInDeviceReader> = {
  find: [
    (reader, text) => reader.find(text(DEVICE_HASH)),
    undefined,
    { hash: DEVICE_HASH, personId: "olga", email: "olga@example.com", lastUsedAt: T },
  ],
};

const links: Cases<OneTimeLinkReader> = {
  purposeOf: [
    (reader, text) => reader.purposeOf(text(LINK_HASH), T + 999),
    undefined,
    { kind: "sign-in", personId: "olga" },
  ],
};

const PAGE = {
  limit: 9,
  before: null,
  after: null,
  action: null,
  actor: null,
  target: null,
  from: null,
  to: null,
};
const audit: Cases<AuditReader> = {
  events: [
    (reader, text) => reader.events(text("acme"), PAGE),
    [],
    ["a3", "a2", "a1"].map((id, n) => ({
      ...newEvent(id, { at: T + 2 - n, actorId: id === "a1" ? "olga" : null }),
      damaged: [],
    })),
  ],
  eventsAfter: [
    async (reader) => (await reader.eventsAfter(0, 9)).map(({ event }) => event.id),
    [],
    ["a1", "a2", "a3", "b1"],
  ],
};

/** The cases of one subject, with the reader that they ask. */
function casesOf<Reader>(subject: string, cases: Cases<Reader>, readerOf: (store: Store) => Reader) {
  return Object.entries<Case<Reader>>(cases).map(([method, [ask, empty, filled]]) => ({
    name: `${subject}.${method}`,
    takesText: ask.length === 2,
    ask: (store: Store, text: (text: string) => string) => ask(readerOf(store), text),
    empty,
    filled,
  }));
}

const CASES = [
  ...casesOf("organizations", organizations, (store) => store.organizations),
  ...casesOf("keys", keys, (store) => store.keys),
  ...casesOf("executors", executors, (store) => store.executors),
  ...casesOf("nodes", nodes, (store) => store.nodes),
  ...casesOf("people", people, (store) => store.people),
  ...casesOf("devices", devices, (store) => store.devices),
  ...casesOf("links", links, (store) => store.links),
  ...casesOf("audit", audit, (store) => store.audit),
];

const asIs = (text: string) => text;

describe.each(engines)("reading from $name", (engine) => {
  let empty: Store;
  let filled: Store;
  beforeAll(async () => {
    const databases = [await engine.newDatabase(), await engine.newDatabase()] as const;
    empty = await databases[0].open();
    filled = await databases[1].open();
    await fill(databases[1], filled);
    return async () => {
      await databases[0].remove();
      await databases[1].remove();
    };
  });

  it.each(CASES)("$name answers on an empty store", async ({ ask, empty: expected }) => {
    expect(await ask(empty, asIs)).toEqual(expected);
  });

  it.each(CASES)("$name answers on a filled store", async ({ ask, filled: expected }) => {
    expect(await ask(filled, asIs)).toEqual(expected);
  });

  it.each(CASES)("$name answers the same within a transaction", async ({ ask, filled: expected }) => {
    const found = await filled.transaction((transaction) => ask({ ...filled, ...transaction }, asIs));
    expect(found).toEqual(expected);
  });

  describe.each(CASES.filter(({ takesText }) => takesText))("$name", ({ ask, empty: expected }) => {
    it("does not find what only begins or ends alike", async () => {
      for (const alike of [(text: string) => `${text} `, (text: string) => `%${text}`]) {
        expect(await ask(filled, alike)).toEqual(expected);
      }
    });

    it("finds nothing for a text with NUL, or refuses it, which is no failure of the store", async () => {
      const [asked] = await Promise.allSettled([ask(filled, (text) => `${text}\0`)]);
      expect(asked.status === "rejected" && asked.reason instanceof StoreUnavailable).toBe(false);
    });
  });
});
