import type { Rights } from "./rights.ts";

/** The people and organizations of the property, as it puts them at the start. */
export interface Cast {
  /** By the number of the caller. */
  readonly emails: readonly string[];
  /** Slug → ID. */
  readonly organizations: ReadonlyMap<string, string>;
}

interface GoodCall {
  readonly path: string;
  /** The number of the caller; `new` is a browser in which nobody is signed in. */
  readonly sender: number | "new";
  readonly body: (rights: Rights, cast: Cast) => unknown;
}

const STRANGER = "stranger@example.com";
const PASSWORD = "everybody's password in tests";

/**
 * A call of each operation that has to succeed, in this order. Without them, random requests that
 * are all refused would prove nothing.
 */
export const GOOD_CALLS: readonly GoodCall[] = [
  {
    path: "/organization/invite-member",
    sender: 0,
    body: () => ({ email: STRANGER, role: "member" }),
  },
  {
    path: "/organization/cancel-invitation",
    sender: 0,
    body: (rights) => ({ invitationId: openInvitation(rights, STRANGER) }),
  },
  {
    path: "/organization/invite-member",
    sender: 1,
    body: () => ({ email: STRANGER, role: "member" }),
  },
  {
    path: "/invitation/accept-as-new",
    sender: "new",
    body: (rights) => ({
      invitationId: openInvitation(rights, STRANGER),
      name: "Stranger",
      password: PASSWORD,
    }),
  },
  {
    path: "/organization/accept-invitation",
    sender: 6,
    body: (rights, { emails }) => ({ invitationId: openInvitation(rights, emails[6]) }),
  },
  {
    path: "/organization/update-member-role",
    sender: 0,
    body: (rights, cast) => ({ memberId: memberOf(rights, cast, 4), role: "admin" }),
  },
  {
    path: "/organization/remove-member",
    sender: 0,
    body: (rights, cast) => ({ memberIdOrEmail: memberOf(rights, cast, 6) }),
  },
  {
    path: "/organization/set-active",
    sender: 3,
    body: (_rights, { organizations }) => ({ organizationId: organizations.get("bravo") }),
  },
];

function openInvitation({ invitations }: Rights, email: string | undefined): string | undefined {
  return invitations.find((each) => each.email === email && each.status === "pending")?.id;
}

/** The membership in acme. */
function memberOf({ people, members }: Rights, { emails, organizations }: Cast, caller: number) {
  const person = people.find(({ email }) => email === emails[caller]);
  const isOwn = (each: Rights["members"][number]) =>
    each.userId === person?.id && each.organizationId === organizations.get("acme");
  return members.find(isOwn)?.id;
}
