import { duration } from "../lib/duration.ts";
import type { Answer } from "./server/answer.ts";
import type { Organization, Role, Viewer } from "./server/viewer.ts";
import { createStore, useStore } from "./store.ts";

export type Session =
  | { readonly kind: "loading" }
  /** Nobody answers, and nobody has yet. */
  | { readonly kind: "unavailable"; readonly sentence: string }
  | { readonly kind: "signed-out" }
  | { readonly kind: "signed-in"; readonly viewer: Viewer };

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
  if (answer.kind === "data") session.set({ kind: "signed-in", viewer: answer.data });
  else if (answer.kind === "signed-out") session.set({ kind: "signed-out" });
  else if (before.kind !== "signed-in" && before.kind !== "signed-out") {
    session.set({ kind: "unavailable", sentence: answer.sentence });
  }
}

/** Any answer can be the one that says it. */
export function noteSignedOut(): void {
  if (session.get().kind !== "signed-out") session.set({ kind: "signed-out" });
}

/** Who looks, at which organization, and whether they may change anything (B9). */
export interface Membership {
  readonly viewer: Viewer;
  readonly organization: Organization;
  readonly role: Role;
  readonly canManage: boolean;
}

export function membershipOf(viewer: Viewer): Membership | undefined {
  const { activeOrganization: organization, role } = viewer;
  if (organization === null || role === null) return undefined;
  return { viewer, organization, role, canManage: role !== "member" };
}
