import type { Role } from "../../protocol/roles.ts";
import { ORGANIZATION_CHANGED } from "../../protocol/shown-organization.ts";
import type { Answer, Operation } from "../api/answer.ts";
import { send } from "../api/client.ts";
import { KnownAnswers } from "../api/known-answers.ts";
import { askViewer, type Organization, setActiveOrganization, type Viewer } from "../api/session.ts";
import { createStore } from "./store.ts";
import { hasTypedInput } from "./typed-input.ts";

export type SessionState =
  | { readonly kind: "loading" }
  /** The control plane has not answered since the page was opened. */
  | { readonly kind: "unavailable"; readonly sentence: string }
  /** The page was opened at an address that is not its own. */
  | { readonly kind: "elsewhere"; readonly pageOrigin: string }
  | {
      readonly kind: "signed-out";
      /** Whether a session ended that the person did not end here. */
      readonly isEnded: boolean;
      /** Whose page stays below the sign-in, because they have typed something; or nobody's. */
      readonly kept: Viewer | undefined;
    }
  | {
      readonly kind: "signed-in";
      /**
       * With the organization and role that the page shows. They stay until the person chooses
       * others.
       */
      readonly viewer: Viewer;
      /** Where the session is instead of the shown organization; undefined: in that one. */
      readonly moved: Move | undefined;
    };

/** Why a change from this page would be refused. */
export interface Move {
  readonly to: Organization;
  /** Whether the person still belongs to the shown organization: then another tab has switched. */
  readonly mayReturn: boolean;
}

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
const SIGNED_OUT: SessionState = { kind: "signed-out", isEnded: false, kept: undefined };

/**
 * Who is signed in and at which organization they look. Every request of the page goes through
 * `ask`, because any answer may reveal that the session ended, that another tab switched the
 * organization, or that the control plane is gone.
 */
export class Session {
  readonly state = createStore<SessionState>({ kind: "loading" });
  readonly connection = createStore<Connection>(FINE);
  /** How many questions of the page were never answered: what they are for is not shown yet. */
  readonly unanswered = createStore(0);
  private readonly known = new KnownAnswers();
  /** Changes when a sign-in here begins and ends to move the new session. */
  private resumptions = 0;

  /** Never rejects. Once `signal` has aborted, the answer means nothing and changes nothing. */
  async ask<Data>(operation: Operation<Data>, signal: AbortSignal): Promise<Answer<Data>> {
    const answer = await send(operation, this.shownOrganization(), this.known, signal);
    if (signal.aborted) {
      return answer;
    }
    this.noteConnection(answer);
    if (answer.kind === "signed-out") {
      this.lose();
    } else if (isRefusedMove(answer) && !this.hasMoved()) {
      await this.look(signal);
    }
    return answer;
  }

  /**
   * After a sign-in on this page. A new session begins in the organization that the person joined
   * first: if this page waits below with another one, the session is moved to that.
   */
  async resume(signal: AbortSignal): Promise<void> {
    const kept = shownIn(this.state.get())?.activeOrganization ?? null;
    this.resumptions += 1;
    if (kept !== null) {
      // Refused: the person has left it. Then `look` finds out where the session is.
      await this.ask(setActiveOrganization(kept.id), signal);
    }
    this.resumptions += 1;
    await this.look(signal);
  }

  /** Asks who is signed in. A control plane that does not answer ends no session. */
  async look(signal: AbortSignal): Promise<void> {
    const { resumptions } = this;
    const answer = await this.ask(askViewer(), signal);
    // What was asked before or while the session moved would show it where it was.
    if (signal.aborted || resumptions !== this.resumptions || resumptions % 2 === 1) {
      return;
    }
    if (answer.kind === "data" && answer.data !== null) {
      this.show(answer.data);
    } else if (answer.kind === "data" || answer.kind === "signed-out") {
      this.lose();
    } else if (answer.kind === "refused" && answer.pageOrigin !== undefined) {
      this.state.set({ kind: "elsewhere", pageOrigin: answer.pageOrigin });
    } else if (this.isUnknown()) {
      this.state.set({ kind: "unavailable", sentence: answer.sentence });
    }
  }

  /** The person wants it. */
  end(): void {
    this.known.forget();
    this.state.set(SIGNED_OUT);
  }

  /** Whether the page waits below the sign-in: then nothing that it asks would be answered. */
  get isCovered(): boolean {
    const now = this.state.get();
    return now.kind === "signed-out" && now.kept !== undefined;
  }

  /** The session has ended without the person. What they typed stays until they are back. */
  private lose(): void {
    const now = this.state.get();
    if (now.kind === "signed-out") {
      return;
    }
    this.known.forget();
    const viewer = now.kind === "signed-in" ? now.viewer : undefined;
    const kept = viewer !== undefined && hasTypedInput() ? viewer : undefined;
    this.state.set({ kind: "signed-out", isEnded: viewer !== undefined, kept });
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
    return now.kind === "signed-in" && now.moved !== undefined;
  }

  /**
   * The organization that is shown never changes by itself: what the person typed is meant for it.
   */
  private show(viewer: Viewer): void {
    const before = this.state.get();
    const shown = shownIn(before);
    const from = shown?.user.id === viewer.user.id ? shown.activeOrganization : null;
    const to = viewer.activeOrganization;
    if (shown !== undefined && from !== null && to !== null && from.id !== to.id) {
      const mayReturn = viewer.organizations.some(({ organization }) => organization.id === from.id);
      this.state.set({ kind: "signed-in", viewer: shown, moved: { to, mayReturn } });
    } else {
      this.state.set({ kind: "signed-in", viewer, moved: undefined });
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

/** Whose page is shown, or waits below the sign-in. */
export function shownIn(state: SessionState): Viewer | undefined {
  return state.kind === "signed-in" ? state.viewer : state.kind === "signed-out" ? state.kept : undefined;
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
