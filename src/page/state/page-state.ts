import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { duration } from "../../lib/duration.ts";
import { Clock } from "./clock.ts";
import { FollowUps } from "./follow-ups.ts";
import { LinkSecret } from "./link-secret.ts";
import { Navigation, type Place } from "./navigation.ts";
import { OneTimeSecret } from "./one-time-secret.ts";
import { type Membership, membershipOf, Session, type SessionState, shownIn } from "./session.ts";
import { createStore, type Store, useStore } from "./store.ts";

/** A sentence about what just happened: shown for some seconds, and read by a screen reader. */
interface Announcement {
  readonly text: string;
  /** Epoch ms: the same text may be announced twice. */
  readonly at: number;
}

/** Everything that the page knows, one noun each. main.tsx creates it, once. */
interface PageState {
  readonly session: Session;
  readonly navigation: Navigation;
  readonly clock: Clock;
  readonly announcement: Store<Announcement>;
  readonly secret: OneTimeSecret;
  readonly followUps: FollowUps;
  readonly linkSecret: LinkSecret;
}

export function createPageState(): PageState {
  return {
    session: new Session(),
    navigation: new Navigation(),
    clock: new Clock(),
    announcement: createStore({ text: "", at: 0 }),
    secret: new OneTimeSecret(),
    followUps: new FollowUps(),
    linkSecret: new LinkSecret(),
  };
}

/** Starts every timer and listener that lasts as long as the page. */
export function startPageState({ navigation, clock, secret, followUps }: PageState): void {
  navigation.start();
  clock.start();
  secret.start();
  followUps.start();
}

export const PageStateContext = createContext<PageState | undefined>(undefined);

export function usePageState(): PageState {
  const state = useContext(PageStateContext);
  if (state === undefined) {
    throw new Error("this component is rendered outside of the page's state");
  }
  return state;
}

export function useSession(): SessionState {
  return useStore(usePageState().session.state);
}

/** What the viewer may do in the shown organization; undefined: none is shown. */
export function useMembership(): Membership | undefined {
  const viewer = shownIn(useSession());
  return viewer === undefined ? undefined : membershipOf(viewer);
}

/** How long an executor may be silent before it counts as offline, for a sentence: `30 s`. */
export function useHeartbeatTimeout(): string {
  const now = useSession();
  return now.kind === "signed-in" ? duration(now.viewer.heartbeatTimeoutMs) : "the heartbeat timeout";
}

/** The command that gives a key to an agent: in development, to the one on this host. */
export function useSetKeyCommand(): string {
  const now = useSession();
  const own = now.kind === "signed-in" ? now.viewer.setKeyCommand : null;
  return own ?? "sudo novacula-agent set-key";
}

export function usePlace(): Place {
  return useStore(usePageState().navigation.place);
}

/** The time as epoch ms, updated every second. */
export function useNow(): number {
  return useStore(usePageState().clock.now);
}

export function useAnnounce(): (text: string) => void {
  const { announcement } = usePageState();
  return (text) => announcement.set({ text, at: Date.now() });
}
