import { duration } from "../../lib/duration.ts";
import type { Role } from "../../protocol/roles.ts";
import { ORGANIZATION_CHANGED } from "../../protocol/shown-organization.ts";
import type { Answer } from "../api/answer.ts";
import { askViewer, type Organization, type Viewer } from "../api/session.ts";
import { shownOrganization } from "../api/shown-organization.ts";
import { createStore, useStore } from "./store.ts";

export type Session =
  | { readonly kind: "loading" }
  /** Nobody answers, and nobody has yet. */
  | { readonly kind: "unavailable"; readonly sentence: string }
  | { readonly kind: "signed-out" }
  | {
      readonly kind: "signed-in";
      /**
       * With the organization and role that the page shows, which stay until the person chooses.
       */
      readonly viewer: Viewer;
      /**
       * What another tab has made the session's organization since; undefined: it is the one that
       * is shown.
       */
      readonly movedTo: Organization | undefined;
    };

export const session = createStore<Session>({ kind: "loading" });

export function useSession(): Session {
  return useStore(session);
}

/** How long an executor may be silent before it is offline, as a person reads it: `30 s`. */
export function useHeartbeatTimeout(): string {
  const now = useSession();
  return now.kind === "signed-in" ? duration(now.viewer.heartbeatTimeoutMs) : "the heartbeat timeout";
}

/** What was asked about the viewer becomes the session. A server that is gone ends none. */
export function noteViewer(answer: Answer<Viewer>): void {
  const before = session.get();
  if (answer.kind === "data") {
    show(before, answer.data);
  } else if (answer.kind === "signed-out") {
    session.set({ kind: "signed-out" });
  } else if (before.kind !== "signed-in" && before.kind !== "signed-out") {
    session.set({ kind: "unavailable", sentence: answer.sentence });
  }
}

/**
 * Somebody who looks at one organization is never led into another one: what they have typed was
 * meant for the first.
 */
function show(before: Session, viewer: Viewer): void {
  const shown = before.kind === "signed-in" ? before.viewer : undefined;
  const isSamePerson = shown?.user.id === viewer.user.id;
  const now = viewer.activeOrganization;
  const isElsewhere =
    isSamePerson &&
    shown.activeOrganization !== null &&
    now !== null &&
    shown.activeOrganization.id !== now.id;
  if (isElsewhere) {
    session.set({ kind: "signed-in", viewer: shown, movedTo: now });
    return;
  }
  shownOrganization.set(now?.id);
  session.set({ kind: "signed-in", viewer, movedTo: undefined });
}

/** Asks at once who is signed in, and in which organization. */
export async function lookAgain(signal: AbortSignal): Promise<void> {
  const answer = await askViewer(signal);
  if (!signal.aborted) {
    noteViewer(answer);
  }
}

/**
 * Whether the answer is no for the reason that another tab has switched the organization, which the
 * page says then.
 */
export async function isMove(answer: Answer<unknown>, signal: AbortSignal): Promise<boolean> {
  if (answer.kind !== "refused" || answer.code !== ORGANIZATION_CHANGED) {
    return false;
  }
  if (!hasMoved()) {
    await lookAgain(signal);
  }
  return hasMoved();
}

function hasMoved(): boolean {
  const now = session.get();
  return now.kind === "signed-in" && now.movedTo !== undefined;
}

/** Any answer can be the one that says it. */
export function noteSignedOut(): void {
  if (session.get().kind !== "signed-out") {
    session.set({ kind: "signed-out" });
  }
}

/** Who looks, at which organization, and whether they may change anything. */
export interface Membership {
  readonly viewer: Viewer;
  readonly organization: Organization;
  readonly role: Role;
  readonly canManage: boolean;
}

export function membershipOf(viewer: Viewer): Membership | undefined {
  const { activeOrganization: organization, role } = viewer;
  if (organization === null || role === null) {
    return undefined;
  }
  return { viewer, organization, role, canManage: role !== "member" };
}
