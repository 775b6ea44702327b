import { InvitationPage } from "./account/invitation-page.tsx";
import { SignInPage } from "./account/sign-in-page.tsx";
import type { Viewer } from "./api/session.ts";
import { AuditPage } from "./audit/audit-page.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { ConnectPage } from "./executors/connect-page.tsx";
import { ExecutorPage } from "./executors/executor-page.tsx";
import { ExecutorsPage } from "./executors/executors-page.tsx";
import { Frame } from "./frame.tsx";
import { ApiKeysPage } from "./keys/api-keys-page.tsx";
import { SecretDialog } from "./keys/secret-dialog.tsx";
import { MembersPage } from "./members/members-page.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { segmentAfter } from "./state/navigation.ts";
import { usePageState, usePlace, useSession } from "./state/page-state.ts";
import { useRepeated } from "./state/polling.ts";
import { type Membership, membershipOf } from "./state/session.ts";
import { LiveRegion } from "./ui/live-region.tsx";
import { OrganizationNotice } from "./ui/organization-notice.tsx";
import { UnavailablePage } from "./unavailable-page.tsx";

const VIEWER_INTERVAL_MS = 10_000;
const RECOVERY_INTERVAL_MS = 3000;

/** Asks who is signed in, and shows the page that they are on. */
export function App() {
  const { session } = usePageState();
  const state = useSession();
  const interval = state.kind === "unavailable" ? RECOVERY_INTERVAL_MS : VIEWER_INTERVAL_MS;
  useRepeated("viewer", interval, (signal) => session.look(signal));
  return (
    <>
      {state.kind === "loading" ? <p class="loading">Loading…</p> : null}
      {state.kind === "unavailable" ? <UnavailablePage sentence={state.sentence} /> : null}
      {state.kind === "signed-out" ? <SignedOut /> : null}
      {state.kind === "signed-in" ? <SignedIn key={state.viewer.user.id} viewer={state.viewer} /> : null}
      <SecretDialog />
      <LiveRegion />
    </>
  );
}

function SignedOut() {
  const { path } = usePlace();
  const invitation = segmentAfter("/invitation/", path);
  if (invitation !== undefined) {
    return <InvitationPage id={invitation} viewer={undefined} />;
  }
  return (
    <>
      <ConnectionBanner />
      <SignInPage />
    </>
  );
}

function SignedIn({ viewer }: { viewer: Viewer }) {
  const { path } = usePlace();
  const invitation = segmentAfter("/invitation/", path);
  if (invitation !== undefined) {
    return <InvitationPage id={invitation} viewer={viewer} />;
  }
  const membership = membershipOf(viewer);
  return (
    <Frame viewer={viewer}>
      <ConnectionBanner />
      <OrganizationNotice />
      {membership === undefined ? <NoOrganization /> : <Page path={path} membership={membership} />}
    </Frame>
  );
}

function Page({ path, membership }: { path: string; membership: Membership }) {
  const executor = segmentAfter("/executors/", path);
  if (executor !== undefined) {
    return <ExecutorPage id={executor} membership={membership} />;
  }
  switch (path) {
    case "/":
    case "/sign-in":
    case "/api-keys":
      return <ApiKeysPage membership={membership} />;
    case "/executors":
      return <ExecutorsPage membership={membership} />;
    case "/audit":
      return <AuditPage membership={membership} />;
    case "/connect":
      return <ConnectPage membership={membership} />;
    case "/members":
      return <MembersPage membership={membership} />;
    default:
      return <NotFoundPage />;
  }
}

function NoOrganization() {
  return (
    <p class="empty">
      Choose an organization. If there is none to choose, ask an owner or admin for an invitation.
    </p>
  );
}
