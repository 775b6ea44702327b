import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { lowestRoleNamed } from "../../../../src/control-plane/store/rows/stored-role.ts";
import { MIGRATIONS } from "../../../../src/control-plane/store/sqlite/migrations/migrations.ts";
import { REPAIR_ROLES } from "../../../../src/control-plane/store/sqlite/migrations/role-repair.ts";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { runCommand } from "../../../support/control-plane/control-plane.ts";
import { startWithPeople } from "../../../support/control-plane/people.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const DATE = "2026-01-01T00:00:00.000Z";

/** A stored role, and the role that it becomes. */
const STORED: readonly (readonly [stored: SQLInputValue, role: string])[] = [
  ["owner", "owner"],
  ["admin", "admin"],
  ["member", "member"],
  ["admin, owner", "admin"],
  ["owner,admin", "admin"],
  ["owner,member", "member"],
  [" owner", "owner"],
  ["owner\t", "owner"],
  ["\u00a0owner", "owner"],
  ["\ufeffadmin\u3000", "admin"],
  ["admin,", "admin"],
  ["owner,owner", "owner"],
  ["Owner", "member"],
  ["owner;admin", "member"],
  ["root", "member"],
  ["", "member"],
  [",", "member"],
  ["__proto__", "member"],
  ["owner\u0000", "member"],
  ["\u001b[31madmin\n<0>", "member"],
  ["x".repeat(100_000), "member"],
  [new Uint8Array([111, 119, 110, 101, 114]), "member"],
];
const ODD = STORED.filter(([stored, role]) => stored !== role);

/**
 * An unrepaired database: for each of the roles an organization with a member and an invitation.
 */
function oldDatabase(path: string, roles: readonly SQLInputValue[]): void {
  using database = new DatabaseSync(path);
  const before = MIGRATIONS.indexOf(REPAIR_ROLES);
  expect(before).toBeGreaterThan(1);
  for (const step of MIGRATIONS.slice(0, before)) {
    database.exec(step);
  }
  database.exec(`pragma user_version = ${before}`);
  const run = (sql: string, ...values: SQLInputValue[]) => database.prepare(sql).run(...values);
  roles.forEach((role, n) => {
    run(
      "insert into organization (id, name, slug, createdAt) values (?, ?, ?, ?)",
      `o${n}`,
      `O${n}`,
      `o-${n}`,
      DATE,
    );
    const person =
      "insert into user (id, name, email, emailVerified, createdAt, updatedAt) values (?, ?, ?, 0, ?, ?)";
    run(person, `u${n}`, "Olga", `u${n}@example.com`, DATE, DATE);
    const member = "insert into member (id, organizationId, userId, role, createdAt) values (?, ?, ?, ?, ?)";
    run(member, `m${n}`, `o${n}`, `u${n}`, role, DATE);
    const invitation = `insert into invitation (id, organizationId, email, role, status, expiresAt, createdAt, inviterId)
      values (?, ?, ?, ?, 'pending', ?, ?, ?)`;
    run(invitation, `i${n}`, `o${n}`, `i${n}@example.com`, role, DATE, DATE, `u${n}`);
  });
}

const event = z.object({
  action: z.string(),
  actor: z.string(),
  actorId: z.null(),
  source: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  details: z.string(),
  at: z.number(),
});

describe("a stored role that is none of the three", () => {
  it("becomes the lowest role that it names, and an audit event tells the old value", async () => {
    const path = join(tempDir(), "cp.db");
    oldDatabase(
      path,
      STORED.map(([stored]) => stored),
    );
    const startedAt = Date.now();
    await openSqliteStore(path).close();
    using database = new DatabaseSync(path);
    for (const table of ["member", "invitation"]) {
      const rows = database
        .prepare(`select role from ${table} order by cast(substr(id, 2) as integer)`)
        .all();
      expect(rows.map((row) => row["role"])).toEqual(STORED.map(([, role]) => role));
    }
    const events = z.array(event).parse(database.prepare("select * from auditEvent order by sequence").all());
    expect(events).toHaveLength(2 * ODD.length);
    for (const { actor, source, details, at } of events) {
      expect({ actor, source }).toEqual({ actor: "migration", source: "migration" });
      expect(details).toMatch(/^[^\p{Cc}]{1,300}$/u);
      expect(at).toBeGreaterThanOrEqual(startedAt);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
    const of = STORED.findIndex(([stored]) => stored === "admin, owner");
    expect(events.filter(({ targetName }) => targetName === `u${of}@example.com`)).toMatchObject([
      {
        action: "member.role_repaired",
        targetId: `u${of}`,
        details: '{"role":"admin","stored":"admin, owner"}',
      },
    ]);
    expect(events.filter(({ targetName }) => targetName === `i${of}@example.com`)).toMatchObject([
      { action: "member.invitation_repaired", details: '{"role":"admin","stored":"admin, owner"}' },
    ]);
    // The old value must not look like a real role.
    const stored = events.map(({ details }) => JSON.parse(details).stored);
    expect(stored).toContain('" owner"');
    expect(stored).toContain('"owner\\t"');
    expect(stored).not.toContain("owner");
    // An invitation's id is its link, so it stays out of the audit log.
    expect(JSON.stringify(events)).not.toMatch(/"i\d+"/);
  });

  it("is repaired once, also in an invitation without a role", async () => {
    const path = join(tempDir(), "cp.db");
    oldDatabase(path, ["admin, owner"]);
    const database = new DatabaseSync(path);
    database.exec("update invitation set role = null");
    database.close();
    for (let start = 0; start < 2; start += 1) {
      await openSqliteStore(path).close();
    }
    using after = new DatabaseSync(path);
    expect(after.prepare("select role from invitation").all()).toEqual([{ role: "member" }]);
    expect(after.prepare("select count(*) as events from auditEvent").get()).toEqual({ events: 2 });
  });

  it.each(STORED)("grants no more than that if somebody writes it later: %j", (stored, role) => {
    expect(lowestRoleNamed(stored)).toBe(role);
  });
});

it("promotes nobody: the start and the list of people name an organization without an owner, and the fix", async () => {
  const directory = tempDir();
  oldDatabase(join(directory, "control-plane.db"), ["admin, owner", "owner", "member"]);
  const controlPlane = await startWithPeople({ directory });
  onTestFinished(async () => void (await controlPlane.stop()));
  const said = (slug: string) =>
    `organization ${slug} has members but no owner: make a member its owner with sudo novacula-control-plane people add EMAIL --role owner --org ${slug}`;
  const errors = controlPlane.lines
    .map((line) =>
      z.object({ level: z.string(), event: z.string(), msg: z.string() }).parse(JSON.parse(line)),
    )
    .filter(({ level }) => level === "error");
  expect(errors).toMatchObject([
    { event: "organization.no-owner", msg: said("o-0") },
    { event: "organization.no-owner", msg: said("o-2") },
  ]);
  const list = async (...more: string[]) =>
    (await runCommand(["people", "list", ...more, "--socket", controlPlane.socketPath])).stdout;
  expect(await list()).toContain(`\n\n${said("o-0")}\n${said("o-2")}\n`);
  const place = (slug: string, role: string, hasOwner: boolean) => [
    { role, organization: { slug, hasOwner } },
  ];
  expect(JSON.parse(await list("--json"))).toMatchObject({
    people: [
      { email: "u0@example.com", memberships: place("o-0", "admin", false) },
      { email: "u1@example.com", memberships: place("o-1", "owner", true) },
      { email: "u2@example.com", memberships: place("o-2", "member", false) },
    ],
  });
  const add = ["people", "add", "u0@example.com", "--role", "owner", "--org", "o-0"];
  expect((await runCommand([...add, "--socket", controlPlane.socketPath])).exitCode).toBe(0);
  expect(await list()).not.toContain("o-0 has members");
});

it("the start that repairs roles names each one who keeps rights, and how to take them; the next one does not", async () => {
  const directory = tempDir();
  oldDatabase(join(directory, "control-plane.db"), [" owner", "owner", "admin,", "root"]);
  const warnings = async () => {
    const controlPlane = await startWithPeople({ directory });
    await controlPlane.stop();
    return controlPlane.lines
      .map((line) => z.looseObject({ event: z.string(), msg: z.string() }).parse(JSON.parse(line)))
      .filter(({ event }) => event === "member.role-repaired");
  };
  const named = (n: number, role: string, stored: string) => ({
    level: "warn",
    email: `u${n}@example.com`,
    organization: `o-${n}`,
    role,
    msg:
      `u${n}@example.com is ${role} of organization o-${n}, because an earlier version stored the invalid role ${stored}. ` +
      `If that is not what you want, run: sudo novacula-control-plane people add u${n}@example.com --role member --org o-${n}`,
  });
  expect(await warnings()).toMatchObject([named(0, "owner", '" owner"'), named(2, "admin", "admin,")]);
  expect(await warnings()).toEqual([]);
});
