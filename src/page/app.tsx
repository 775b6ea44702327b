import { InvitationPage } from "./account/invitation-page.tsx";
import { SignInPage } from "./account/sign-in-page.tsx";
import { askViewer, type Viewer } from "./api/session.ts";
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
import { segmentAfter, usePlace } from "./state/navigation.ts";
import { usePolled } from "./state/polling.ts";
import { type Membership, membershipOf, noteViewer, useSession } from "./state/session.ts";
import { LiveRegion } from "./ui/live-region.tsx";
import { OrganizationNotice } from "./ui/organization-notice.tsx";
import { UnavailablePage } from "./unavailable-page.tsx";

const VIEWER_INTERVAL_MS = 10_000;
const RECOVERY_INTERVAL_MS = 3000;

/** The whole page: who is there, then where they are. */
export function App() {
  const session = useSession();
  const interval = session.kind === "unavailable" ? RECOVERY_INTERVAL_MS : VIEWER_INTERVAL_MS;
  usePolled("viewer", interval, async (signal) => {
    const answer = await askViewer(signal);
    if (!signal.aborted) {
      noteViewer(answer);
    }
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
      You belong to no organization, or have not chosen one. Ask an owner for an invitation.
    </p>
  );
}
