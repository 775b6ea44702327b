import type { Damageable } from "../contract/damageable.ts";
import type { Invitation, Member, Membership, Person, PersonSession } from "../contract/people.ts";
import type { SignInDevice } from "../contract/sign-in-devices.ts";
import { Cells } from "./cells.ts";
import { organization } from "./records.ts";
import type { Row } from "./row.ts";
import { lowestRoleNamed } from "./stored-role.ts";

/** Rows about people as records. None of these throws. */

export function person(row: Row): Person & Damageable {
  const cells = new Cells(row);
  return { ...personIn(cells), damaged: cells.damaged };
}

function personIn(cells: Cells): Person {
  return { id: cells.text("personId"), name: cells.text("personName"), email: cells.text("personEmail") };
}

export function session(row: Row): PersonSession {
  const cells = new Cells(row);
  return {
    id: cells.text("id"),
    createdAt: cells.date("createdAt"),
    renewedAt: cells.date("updatedAt"),
    expiresAt: cells.date("expiresAt"),
    address: cells.textOrNull("ipAddress"),
    userAgent: cells.textOrNull("userAgent"),
    damaged: cells.damaged,
  };
}

export function membership(row: Row): Membership {
  return {
    organization: organization(row),
    role: lowestRoleNamed(new Cells(row).textOrNull("role")),
  };
}

export function member(row: Row): Member {
  const cells = new Cells(row);
  return {
    id: cells.text("memberId"),
    person: personIn(cells),
    role: lowestRoleNamed(cells.textOrNull("role")),
    createdAt: cells.date("createdAt"),
    damaged: cells.damaged,
  };
}

/** An unreadable end is 0, so the invitation has expired. */
export function invitation(row: Row): Invitation {
  const cells = new Cells(row);
  const inviterRole = cells.textOrNull("inviterRole");
  return {
    id: cells.text("invitationId"),
    organization: organization(row),
    email: cells.text("invitedEmail"),
    role: lowestRoleNamed(cells.textOrNull("role")),
    status: cells.text("status"),
    expiresAt: cells.date("expiresAt"),
    createdAt: cells.date("createdAt"),
    inviter: personIn(cells),
    inviterRole: inviterRole === null ? undefined : lowestRoleNamed(inviterRole),
    damaged: cells.damaged,
  };
}

export function signInDevice(row: Row): SignInDevice {
  const cells = new Cells(row);
  return {
    hash: cells.text("hash"),
    personId: cells.text("userId"),
    email: cells.text("email").toLowerCase(),
    lastUsedAt: cells.time("lastUsedAt"),
  };
}
