import { describe, expect, it } from "vitest";
import type { Store, StoreTransaction } from "../../../../src/control-plane/store/contract/store.ts";
import { databaseOf, type StoreEngine } from "../../../support/control-plane/store/engine.ts";
import { engines } from "../../../support/control-plane/store/engines.ts";
import { ACME, newPerson } from "../../../support/control-plane/store/new-records.ts";

const NOW = Date.UTC(2026, 5, 1);
const LINK = { createdAt: NOW, expiresAt: NOW + 1000 };
const SET_UP = { kind: "set-up" } as const;
const hash = (n: number) => String(n).padStart(64, "0");

/** Olga owns Acme and has three sessions, of which s3 ends last; Marta is a member, with one. */
async function filled(engine: StoreEngine) {
  const database = await databaseOf(engine);
  const store = await database.open();
  await store.transaction(async ({ organizations, people }) => {
    await organizations.insert(ACME);
    for (const [id, role] of [
      ["olga", "owner"],
      ["marta", "member"],
    ] as const) {
      await people.insert(newPerson(id));
      await people.insertMember("acme", id, role, NOW);
    }
  });
  for (const [n, [id, personId]] of [
    ["s1", "olga"],
    ["s2", "olga"],
    ["s3", "olga"],
    ["m1", "marta"],
  ].entries()) {
    const text = `insert into "session" ("id", "expiresAt", "token", "createdAt", "updatedAt", "userId",
      "activeOrganizationId") values (?, ?, ?, ?, ?, ?, 'acme')`;
    const [ends, at] = [NOW + 1000 * (n + 1), NOW + n].map((time) => new Date(time).toISOString());
    await database.sql(text, id ?? "", ends ?? "", `token ${id}`, at ?? "", at ?? "", personId ?? "");
  }
  const change = (work: (transaction: StoreTransaction) => Promise<unknown>) =>
    store.transaction(async (transaction) => void (await work(transaction)));
  const active = async () => {
    const rows = await database.sql(
      `select "id", "activeOrganizationId" as "active" from "session" order by "id"`,
    );
    return rows.map(({ id, active }) => [id, active]);
  };
  return { store, change, active };
}

async function sessions(store: Store, personId = "olga"): Promise<readonly string[]> {
  return (await store.people.sessions(personId, NOW)).map(({ id }) => id);
}

describe.each(engines)("of people in $name,", (engine) => {
  it("sessions are listed newest first, without those that have ended", async () => {
    const { store } = await filled(engine);
    expect(await sessions(store)).toEqual(["s3", "s2", "s1"]);
    expect((await store.people.sessions("olga", NOW + 1000)).map(({ id }) => id)).toEqual(["s3", "s2"]);
    expect(await store.people.hasSession("olga", "s1", NOW + 1000)).toBe(false);
    expect(await store.people.hasSession("marta", "s1", NOW)).toBe(false);
  });

  it.each<[string, (transaction: StoreTransaction) => Promise<unknown>, readonly string[]]>([
    ["those that have ended", ({ people }) => people.deleteEndedSessions(NOW + 1000), ["s3", "s2"]],
    ["all but the newest", ({ people }) => people.keepNewestSessions("olga", 2), ["s3", "s2"]],
    ["all", ({ people }) => people.endSessions("olga"), []],
    ["one", ({ people }) => people.endSession("olga", "s2"), ["s3", "s1"]],
    ["none, of another person", ({ people }) => people.endSession("marta", "s2"), ["s3", "s2", "s1"]],
    ["all others", ({ people }) => people.endOtherSessions("olga", "s2"), ["s2"]],
    ["all, with the password", ({ people }) => people.setPassword("olga", "new hash", NOW), []],
  ])("sessions are ended: %s", async (_what, end, left) => {
    const { store, change } = await filled(engine);
    await change(end);
    expect(await sessions(store)).toEqual(left);
    expect(await sessions(store, "marta")).toEqual(["m1"]);
  });

  it("it is known whether a session was there to end", async () => {
    const { store } = await filled(engine);
    const end = () => store.transaction(({ people }) => people.endSession("olga", "s2"));
    expect([await end(), await end()]).toEqual([true, false]);
  });

  it("who leaves an organization is in it with no session any more", async () => {
    const { store, change, active } = await filled(engine);
    await change(({ people }) => people.deleteMember("acme", "olga"));
    expect(await active()).toEqual([
      ["m1", "acme"],
      ["s1", null],
      ["s2", null],
      ["s3", null],
    ]);
    expect(await store.people.memberships("olga")).toEqual([]);
    expect(await store.people.countMembers("acme")).toBe(1);
    await change(({ people }) => people.setActiveOrganization("s1", "acme"));
    expect(await active()).toContainEqual(["s1", "acme"]);
  });

  it("name, password and role are changed", async () => {
    const { store, change } = await filled(engine);
    await change(async ({ people }) => {
      await people.rename("olga", "Ölga", NOW);
      await people.setPassword("olga", "new hash", NOW);
      await people.changeRole("acme", "marta", "owner");
    });
    expect(await store.people.byId("olga")).toMatchObject({ name: "Ölga" });
    expect(await store.people.passwordHash("olga")).toBe("new hash");
    expect((await store.people.ownerIds("acme")).toSorted()).toEqual(["marta", "olga"]);
  });

  it("an address is one person's, in whatever case, and a membership is there once", async () => {
    const { store, change } = await filled(engine);
    const twice = newPerson("other", { email: "OLGA@Example.com" });
    await expect(change(({ people }) => people.insert(twice))).rejects.toThrow();
    await expect(
      change(({ people }) => people.insertMember("acme", "olga", "member", NOW)),
    ).rejects.toThrow();
    expect(await store.people.list()).toHaveLength(2);
    expect(await store.people.countMembers("acme")).toBe(2);
  });

  it("members are listed by name and address, whatever their letters", async () => {
    const { store, change } = await filled(engine);
    await change(async ({ people }) => {
      for (const [id, name] of [
        ["p1", "zoe"],
        ["p2", "Ärne"],
        ["p3", "Zoe"],
        ["p4", "zoe"],
      ] as const) {
        await people.insert(newPerson(id, { name }));
        await people.insertMember("acme", id, "member", NOW);
      }
    });
    const listed = (await store.people.members("acme")).map(({ person }) => person.id);
    expect(listed).toEqual(["p3", "marta", "olga", "p1", "p4", "p2"]);
    expect((await store.people.list()).map(({ id }) => id)).toEqual([
      "marta",
      "olga",
      "p1",
      "p2",
      "p3",
      "p4",
    ]);
  });

  it("invitations are pending until they are ended or expire", async () => {
    const { store, change } = await filled(engine);
    const invitation = { organizationId: "acme", role: "member", inviterId: "olga" } as const;
    await change(async ({ people }) => {
      for (const n of [1, 2, 3, 4]) {
        const times = { createdAt: NOW + n, expiresAt: NOW + 100 * n };
        await people.insertInvitation({ ...invitation, id: `i${n}`, email: `i${n}@example.com`, ...times });
      }
      await people.endInvitation("i2", "accepted");
      await people.endInvitation("i3", "canceled");
    });
    const pending = async (now: number) =>
      (await store.people.pendingInvitations("acme", now)).map(({ id }) => id);
    expect(await pending(NOW)).toEqual(["i4", "i1"]);
    expect(await pending(NOW + 100)).toEqual(["i4"]);
    expect(await store.people.invitation("i2")).toMatchObject({ status: "accepted", inviterRole: "owner" });
    await change(({ people }) => people.deleteMember("acme", "olga"));
    expect(await store.people.invitation("i1")).toMatchObject({
      inviterRole: undefined,
      inviter: { id: "olga" },
    });
  });
});

describe.each(engines)("one-time links in $name", (engine) => {
  it("work once, and until they expire", async () => {
    const { store, change } = await filled(engine);
    await change(({ links }) => links.replace({ ...LINK, hash: hash(1), purpose: SET_UP }));
    expect(await store.links.purposeOf(hash(1), NOW + 999)).toEqual(SET_UP);
    expect(await store.links.purposeOf(hash(1), NOW + 1000)).toBeUndefined();
    const use = () => store.transaction(({ links }) => links.use(hash(1), NOW));
    expect([await use(), await use()]).toEqual([SET_UP, undefined]);
    expect(await store.links.purposeOf(hash(1), NOW)).toBeUndefined();
  });

  it("are used by one of two at the same time", async () => {
    const { store, change } = await filled(engine);
    await change(({ links }) => links.replace({ ...LINK, hash: hash(1), purpose: SET_UP }));
    const uses = [1, 2].map(() => store.transaction(({ links }) => links.use(hash(1), NOW)));
    expect((await Promise.all(uses)).filter((purpose) => purpose !== undefined)).toEqual([SET_UP]);
  });

  it("replace the one before them with the same purpose, and no other", async () => {
    const { store, change } = await filled(engine);
    const purposes = [
      SET_UP,
      { kind: "sign-in", personId: "olga" } as const,
      { kind: "sign-in", personId: "marta" } as const,
    ];
    await change(async ({ links }) => {
      for (const [n, purpose] of purposes.entries()) {
        await links.replace({ ...LINK, hash: hash(n), purpose });
      }
      await links.replace({ ...LINK, hash: hash(9), purpose: { kind: "sign-in", personId: "olga" } });
    });
    const found = [0, 1, 2, 9].map((n) => store.links.purposeOf(hash(n), NOW));
    expect(await Promise.all(found)).toEqual([SET_UP, undefined, purposes[2], purposes[1]]);
  });
});

describe.each(engines)("devices in $name", (engine) => {
  const keep = (store: Store, n: number, personId = "olga", most = 2) =>
    store.transaction(({ devices }) => devices.keep({ hash: hash(n), personId, lastUsedAt: n }, most));
  const kept = async (store: Store) => {
    const found = await Promise.all([1, 2, 3, 4].map((n) => store.devices.find(hash(n))));
    return found.map((device) => device?.lastUsedAt);
  };

  it("are kept for each person, those that were used last", async () => {
    const { store } = await filled(engine);
    await keep(store, 4, "marta");
    await keep(store, 1);
    await keep(store, 2);
    await keep(store, 3);
    expect(await kept(store)).toEqual([undefined, 2, 3, 4]);
    await store.transaction(({ devices }) =>
      devices.keep({ hash: hash(2), personId: "olga", lastUsedAt: 9 }, 1),
    );
    expect(await kept(store)).toEqual([undefined, 9, undefined, 4]);
  });

  it("stay those of the person who had them first", async () => {
    const { store } = await filled(engine);
    await keep(store, 1);
    await store.transaction(({ devices }) =>
      devices.keep({ hash: hash(1), personId: "marta", lastUsedAt: 9 }, 2),
    );
    expect(await store.devices.find(hash(1))).toMatchObject({ personId: "olga", lastUsedAt: 1 });
  });

  it.each<[string, (transaction: StoreTransaction) => Promise<unknown>]>([
    ["their password changes", ({ people }) => people.setPassword("olga", "new", NOW)],
    ["they leave an organization", ({ people }) => people.deleteMember("acme", "olga")],
  ])("of a person are forgotten when %s", async (_what, make) => {
    const { store, change } = await filled(engine);
    await keep(store, 1);
    await keep(store, 4, "marta");
    await change(make);
    expect(await kept(store)).toEqual([undefined, undefined, undefined, 4]);
  });
});
