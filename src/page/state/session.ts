import type { Role } from "../../protocol/roles.ts";
import { ORGANIZATION_CHANGED } from "../../protocol/shown-organization.ts";
import type { Answer, Operation } from "../api/answer.ts";
import { send } from "../api/client.ts";
import { askViewer, type Organization, type Viewer } from "../api/session.ts";
import { createStore } from "./store.ts";

export type SessionState =
  | { readonly kind: "loading" }
  /** The control plane has not answered since the page was opened. */
  | { readonly kind: "unavailable"; readonly sentence: string }
  | { readonly kind: "signed-out" }
  | {
      readonly kind: "signed-in";
      /**
       * With the organization and role that the page shows. They stay until the person chooses
       * others.
       */
      readonly viewer: Viewer;
      /** The organization that another tab switched to; undefined: the one that is shown. */
      readonly movedTo: Organization | undefined;
    };

/** Whether the control plane answered the last request. */
type Connection =
  | { readonly kind: "fine" }
  | {
      readonly kind: "lost";
      readonly sentence: string;
      /** Epoch ms of the first request that failed. */
      readonly since: number;
    };

const FINE: Connection = { kind: "fine" };
const SIGNED_OUT: SessionState = { kind: "signed-out" };

/**
 * Who is signed in and at which organization they look. Every request of the page goes through
 * `ask`, because any answer may reveal that the session ended, that another tab switched the
 * organization, or that the control plane is gone.
 */
export class Session {
  readonly state = createStore<SessionState>({ kind: "loading" });
  readonly connection = createStore<Connection>(FINE);

  /** Never rejects. Once `signal` has aborted, the answer means nothing and changes nothing. */
  async ask<Data>(operation: Operation<Data>, signal: AbortSignal): Promise<Answer<Data>> {
    const answer = await send(operation, this.shownOrganization(), signal);
    if (signal.aborted) {
      return answer;
    }
    this.noteConnection(answer);
    if (answer.kind === "signed-out") {
      this.end();
    } else if (isRefusedMove(answer) && !this.hasMoved()) {
      await this.look(signal);
    }
    return answer;
  }

  /** Asks who is signed in. A control plane that does not answer ends no session. */
  async look(signal: AbortSignal): Promise<void> {
    const answer = await this.ask(askViewer(), signal);
    if (signal.aborted) {
      return;
    }
    if (answer.kind === "data" && answer.data !== null) {
      this.show(answer.data);
    } else if (answer.kind === "data" || answer.kind === "signed-out") {
      this.end();
    } else if (this.isUnknown()) {
      this.state.set({ kind: "unavailable", sentence: answer.sentence });
    }
  }

  end(): void {
    this.state.set(SIGNED_OUT);
  }

  /**
   * Whether the request was refused because another tab switched the organization. The page then
   * says so.
   */
  isMove(answer: Answer<unknown>): boolean {
    return isRefusedMove(answer) && this.hasMoved();
  }

  private hasMoved(): boolean {
    const now = this.state.get();
    return now.kind === "signed-in" && now.movedTo !== undefined;
  }

  /**
   * The organization that is shown never changes by itself: what the person typed is meant for it.
   */
  private show(viewer: Viewer): void {
    const before = this.state.get();
    const shown = before.kind === "signed-in" ? before.viewer : undefined;
    const from = shown?.user.id === viewer.user.id ? shown.activeOrganization : null;
    const to = viewer.activeOrganization;
    if (shown !== undefined && from !== null && to !== null && from.id !== to.id) {
      this.state.set({ kind: "signed-in", viewer: shown, movedTo: to });
    } else {
      this.state.set({ kind: "signed-in", viewer, movedTo: undefined });
    }
  }

  private isUnknown(): boolean {
    const { kind } = this.state.get();
    return kind === "loading" || kind === "unavailable";
  }

  private shownOrganization(): string | undefined {
    const now = this.state.get();
    return now.kind === "signed-in" ? now.viewer.activeOrganization?.id : undefined;
  }

  private noteConnection(answer: Answer<unknown>): void {
    const before = this.connection.get();
    if (answer.kind !== "unavailable") {
      this.connection.set(FINE);
    } else if (before.kind === "fine") {
      this.connection.set({ kind: "lost", sentence: answer.sentence, since: Date.now() });
    } else if (before.sentence !== answer.sentence) {
      this.connection.set({ ...before, sentence: answer.sentence });
    }
  }
}

function isRefusedMove(answer: Answer<unknown>): boolean {
  return answer.kind === "refused" && answer.code === ORGANIZATION_CHANGED;
}

/** The shown organization, and what the viewer may do there. */
export interface Membership {
  readonly viewer: Viewer;
  readonly organization: Organization;
  readonly role: Role;
  /** Whether the viewer may change anything. */
  readonly canManage: boolean;
}

/** Undefined: the viewer belongs to no organization, or has chosen none. */
export function membershipOf(viewer: Viewer): Membership | undefined {
  const { activeOrganization: organization, role } = viewer;
  if (organization === null || role === null) {
    return undefined;
  }
  return { viewer, organization, role, canManage: role !== "member" };
}
