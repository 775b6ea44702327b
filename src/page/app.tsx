import { Frame } from "./frame.tsx";
import { ApiKeysPage } from "./pages/api-keys-page.tsx";
import { AuditPage } from "./pages/audit-page.tsx";
import { ConnectPage } from "./pages/connect-page.tsx";
import { ExecutorPage } from "./pages/executor-page.tsx";
import { ExecutorsPage } from "./pages/executors-page.tsx";
import { InvitationPage } from "./pages/invitation-page.tsx";
import { MembersPage } from "./pages/members-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { SignInPage } from "./pages/sign-in-page.tsx";
import { UnavailablePage } from "./pages/unavailable-page.tsx";
import { ConnectionBanner } from "./parts/connection-banner.tsx";
import { LiveRegion } from "./parts/live-region.tsx";
import { OrganizationNotice } from "./parts/organization-notice.tsx";
import { SecretDialog } from "./parts/secret-dialog.tsx";
import { usePolled } from "./poll.ts";
import { segmentAfter, usePlace } from "./route.ts";
import { askViewer, type Viewer } from "./server/viewer.ts";
import { type Membership, membershipOf, noteViewer, useSession } from "./session.ts";

const VIEWER_INTERVAL_MS = 10_000;
const RECOVERY_INTERVAL_MS = 3000;

/** The whole page: who is there, then where they are. */
export function App() {
  const session = useSession();
  const interval = session.kind === "unavailable" ? RECOVERY_INTERVAL_MS : VIEWER_INTERVAL_MS;
  usePolled("viewer", interval, async (signal) => {
    const answer = await askViewer(signal);
    if (!signal.aborted) noteViewer(answer);
    return answer;
  });
  return (
    <>
      {session.kind === "loading" ? <p class="loading">Loading…</p> : null}
      {session.kind === "unavailable" ? <UnavailablePage sentence={session.sentence} /> : null}
      {session.kind === "signed-out" ? <SignedOut /> : null}
      {session.kind === "signed-in" ? (
        <SignedIn key={session.viewer.user.id} viewer={session.viewer} />
      ) : null}
      <SecretDialog />
      <LiveRegion />
    </>
  );
}

function SignedOut() {
  const { path } = usePlace();
  const invitation = segmentAfter("/invitation/", path);
  if (invitation !== undefined) return <InvitationPage id={invitation} viewer={undefined} />;
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
  if (invitation !== undefined) return <InvitationPage id={invitation} viewer={viewer} />;
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
  if (executor !== undefined) return <ExecutorPage id={executor} membership={membership} />;
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
      You belong to no organization, or have not chosen one. Ask an owner for an invitation.
    </p>
  );
}
