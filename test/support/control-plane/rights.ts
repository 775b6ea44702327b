import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

/**
 * Who has which rights, read from the database without the program and its code.
 */
export interface Rights {
  readonly members: readonly Member[];
  readonly invitations: readonly Invitation[];
  readonly sessions: readonly Session[];
  readonly people: readonly Person[];
  readonly keys: readonly Row[];
  readonly executors: readonly Row[];
  readonly nodes: readonly Row[];
  readonly organizations: readonly Row[];
  readonly auditEvents: number;
}

const member = z.object({ id: z.string(), organizationId: z.string(), userId: z.string(), role: z.string() });
const invitation = z.object({
  id: z.string(),
  organizationId: z.string(),
  email: z.string(),
  role: z.string().nullable(),
  status: z.string(),
  inviterId: z.string(),
});
const session = z.object({
  id: z.string(),
  token: z.string(),
  userId: z.string(),
  activeOrganizationId: z.string().nullable(),
});
const person = z.object({ id: z.string(), email: z.string(), name: z.string(), password: z.string() });
const row = z.object({ id: z.string(), organizationId: z.string(), text: z.string() });

export type Member = z.output<typeof member>;
export type Invitation = z.output<typeof invitation>;
export type Session = z.output<typeof session>;
type Person = z.output<typeof person>;
type Row = z.output<typeof row>;

/** Opens the database of a running control plane. `read` sees committed data. */
export function openRights(databasePath: string): { read(): Rights; [Symbol.dispose](): void } {
  const database = new DatabaseSync(databasePath, { readOnly: true, timeout: 5000 });
  const all = <Schema extends z.ZodType>(schema: Schema, sql: string) =>
    z.array(schema).parse(database.prepare(sql).all());
  return {
    read: () => ({
      members: all(member, "select id, organizationId, userId, role from member order by id"),
      invitations: all(
        invitation,
        "select id, organizationId, email, role, status, inviterId from invitation order by id",
      ),
      sessions: all(session, "select id, token, userId, activeOrganizationId from session order by id"),
      people: all(
        person,
        `select u.id, u.email, u.name, a.password from user u
          join account a on a.userId = u.id order by u.id`,
      ),
      keys: all(
        row,
        `select k.id, k.referenceId as organizationId,
          json_array(k.name, k.enabled, k.expiresAt, e.revokedAt, e.revokesAt, e.targetExecutorId) as text
          from apikey k left join executorKey e on e.keyId = k.id order by k.id`,
      ),
      executors: all(
        row,
        "select id, organizationId, json_array(name, keyId) as text from executor order by id",
      ),
      nodes: all(
        row,
        `select id, organizationId, json_array(name, revision, config, desiredState, deletion, isGone) as text
          from node order by id`,
      ),
      organizations: all(
        row,
        "select id, id as organizationId, json_array(name, slug) as text from organization",
      ),
      auditEvents: z
        .object({ count: z.number() })
        .parse(database.prepare("select count(*) as count from auditEvent").get()).count,
    }),
    [Symbol.dispose]: () => database.close(),
  };
}

/** The sender of the request whose effect is checked. */
export interface Sender {
  /** Undefined if nobody is signed in. */
  readonly userId: string | undefined;
  /** The session's active organization before the request. */
  readonly activeOrganizationId: string | null | undefined;
}

const ROLES = ["owner", "admin", "member"];

/** Every difference between the two that the sender had no right to make. */
export function excesses(before: Rights, after: Rights, sender: Sender): readonly string[] {
  const role = roleOf(before, sender.userId, sender.activeOrganizationId ?? undefined);
  return [
    ...memberExcesses(before, after, sender, role),
    ...invitationExcesses(before, after, sender, role),
    ...recordExcesses("key", before.keys, after.keys, sender, role),
    ...recordExcesses("executor", before.executors, after.executors, sender, role),
    ...recordExcesses("node", before.nodes, after.nodes, sender, role),
    ...recordExcesses("organization", before.organizations, after.organizations, sender, undefined),
    ...personExcesses(before, after, sender),
    ...invariants(before, after),
  ];
}

export function roleOf(rights: Rights, userId: string | undefined, organizationId: string | undefined) {
  return rights.members.find((each) => each.userId === userId && each.organizationId === organizationId)
    ?.role;
}

/** Owners may do everything, admins everything that does not concern an owner. */
function mayGive(role: string | undefined, ...given: readonly string[]): boolean {
  return role === "owner" || (role === "admin" && !given.includes("owner"));
}

function memberExcesses(before: Rights, after: Rights, sender: Sender, role: string | undefined): string[] {
  const found: string[] = [];
  for (const { id, was, is } of differences(before.members, after.members)) {
    const organizationId = (is ?? was)?.organizationId;
    const isHere = organizationId === sender.activeOrganizationId;
    if (was === undefined && is !== undefined) {
      if (!isInvited(before, after, is)) {
        found.push(`member ${id} (${is.role}) joined without an invitation`);
      }
    } else if (was !== undefined && is === undefined) {
      const isSelf = was.userId === sender.userId;
      if (!isSelf && !(isHere && mayGive(role, was.role))) {
        found.push(`a ${role} removed a ${was.role}`);
      }
    } else if (was !== undefined && is !== undefined) {
      if (was.userId !== is.userId || was.organizationId !== is.organizationId) {
        found.push(`member ${id} moved`);
      }
      if (!(isHere && mayGive(role, was.role, is.role))) {
        found.push(`a ${role} made ${is.role} of a ${was.role}`);
      }
    }
  }
  return found;
}

/**
 * Whether an open invitation was for this address and exactly this role, and its inviter may still
 * give the role.
 */
function isInvited(before: Rights, after: Rights, joined: Member): boolean {
  const email = after.people.find(({ id }) => id === joined.userId)?.email;
  return before.invitations.some(
    (each) =>
      each.status === "pending" &&
      each.email === email &&
      each.organizationId === joined.organizationId &&
      each.role === joined.role &&
      mayGive(roleOf(before, each.inviterId, each.organizationId), joined.role) &&
      after.invitations.find(({ id }) => id === each.id)?.status === "accepted",
  );
}

function invitationExcesses(
  before: Rights,
  after: Rights,
  sender: Sender,
  role: string | undefined,
): string[] {
  const found: string[] = [];
  for (const { id, was, is } of differences(before.invitations, after.invitations)) {
    if (is === undefined) {
      found.push(`invitation ${id} vanished`);
    } else if (was === undefined) {
      const isHere = is.organizationId === sender.activeOrganizationId;
      if (!isHere || !mayGive(role, String(is.role))) {
        found.push(`a ${role} invited a ${is.role}`);
      }
      if (is.inviterId !== sender.userId) {
        found.push(`invitation ${id} names another inviter`);
      }
    } else {
      if (was.role !== is.role || was.email !== is.email || was.organizationId !== is.organizationId) {
        found.push(`invitation ${id} changed its role, address or organization`);
      }
      if (was.status !== "pending") {
        found.push(`invitation ${id} was ${was.status} and is ${is.status}`);
      }
      const isManaged = is.organizationId === sender.activeOrganizationId && mayGive(role, "member");
      const invitee = before.people.find((each) => each.id === sender.userId)?.email;
      if (is.status !== "accepted" && !isManaged && invitee !== is.email) {
        found.push(`a ${role} ended invitation ${id}`);
      }
    }
  }
  return found;
}

function recordExcesses(
  what: string,
  before: readonly Row[],
  after: readonly Row[],
  sender: Sender,
  role: string | undefined,
): string[] {
  return differences(before, after).flatMap(({ id, was, is }) => {
    const organizationId = (is ?? was)?.organizationId;
    const mayChange = organizationId === sender.activeOrganizationId && mayGive(role, "member");
    return mayChange ? [] : [`a ${role} changed ${what} ${id}`];
  });
}

function personExcesses(before: Rights, after: Rights, sender: Sender): string[] {
  return differences(before.people, after.people).flatMap(({ id, was, is }) => {
    if (was === undefined && is !== undefined) {
      const joined = after.members.filter(({ userId }) => userId === id);
      return joined.length === 1 ? [] : [`person ${id} has an account without an invitation`];
    }
    const isOwnPassword =
      id === sender.userId && was !== undefined && was.email === is?.email && was.name === is.name;
    return isOwnPassword ? [] : [`the account of ${id} changed`];
  });
}

function invariants(before: Rights, after: Rights): string[] {
  const found: string[] = [];
  for (const { id, role } of after.members) {
    if (!ROLES.includes(role)) {
      found.push(`member ${id} has the role ${JSON.stringify(role)}`);
    }
  }
  for (const { id, role } of after.invitations) {
    if (!ROLES.includes(String(role))) {
      found.push(`invitation ${id} has the role ${JSON.stringify(role)}`);
    }
  }
  for (const { id } of before.organizations) {
    const owners = after.members.filter((each) => each.organizationId === id && each.role === "owner");
    if (owners.length === 0) {
      found.push(`organization ${id} has no owner`);
    }
  }
  for (const { id, userId, activeOrganizationId } of after.sessions) {
    if (activeOrganizationId !== null && roleOf(after, userId, activeOrganizationId) === undefined) {
      found.push(`session ${id} is in an organization that its person is not in`);
    }
  }
  const changed = [
    ...differences(before.members, after.members),
    ...differences(before.invitations, after.invitations),
    ...differences(before.keys, after.keys),
  ];
  if (changed.length > 0 && after.auditEvents <= before.auditEvents) {
    found.push("a change has no audit event");
  }
  return found;
}

function differences<Each extends { readonly id: string }>(before: readonly Each[], after: readonly Each[]) {
  const was = new Map(before.map((each) => [each.id, each]));
  const is = new Map(after.map((each) => [each.id, each]));
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((id) => ({ id, was: was.get(id), is: is.get(id) }))
    .filter((each) => JSON.stringify(each.was) !== JSON.stringify(each.is));
}
