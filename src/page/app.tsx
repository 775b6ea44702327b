import { SignInAgain } from "./account/sign-in-again.tsx";
import { SignInPage } from "./account/sign-in-page.tsx";
import type { Viewer } from "./api/session.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { ElsewherePage } from "./elsewhere-page.tsx";
import { Frame } from "./frame.tsx";
import { lazyPage } from "./lazy-page.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { segmentAfter } from "./state/navigation.ts";
import { usePageState, usePlace, useSession } from "./state/page-state.ts";
import { useRepeated } from "./state/polling.ts";
import { type Membership, membershipOf, shownIn } from "./state/session.ts";
import { useStore } from "./state/store.ts";
import { LiveRegion } from "./ui/live-region.tsx";
import { OrganizationNotice } from "./ui/organization-notice.tsx";
import { UnavailablePage } from "./unavailable-page.tsx";

/** What shows a new key is loaded before one exists: nothing must fail to load after that. */
async function loadWithSecretDialog<Module>(load: () => Promise<Module>): Promise<Module> {
  await import("./keys/secret-dialog.tsx");
  return load();
}

// Each page is a script of its own.
const AccountPage = lazyPage(async () => (await import("./account/account-page.tsx")).AccountPage);
const InvitationPage = lazyPage(async () => (await import("./account/invitation-page.tsx")).InvitationPage);
const LinkSignInPage = lazyPage(async () => (await import("./account/link-sign-in-page.tsx")).LinkSignInPage);
const SetupPage = lazyPage(async () => (await import("./account/setup-page.tsx")).SetupPage);
const AuditPage = lazyPage(async () => (await import("./audit/audit-page.tsx")).AuditPage);
const ConnectPage = lazyPage(
  async () => (await loadWithSecretDialog(() => import("./executors/connect-page.tsx"))).ConnectPage,
);
const ExecutorPage = lazyPage(
  async () => (await loadWithSecretDialog(() => import("./executors/executor-page.tsx"))).ExecutorPage,
);
const ExecutorsPage = lazyPage(async () => (await import("./executors/executors-page.tsx")).ExecutorsPage);
const ApiKeysPage = lazyPage(
  async () => (await loadWithSecretDialog(() => import("./keys/key-list/api-keys-page.tsx"))).ApiKeysPage,
);
const ApiKeyPage = lazyPage(
  async () => (await loadWithSecretDialog(() => import("./keys/key-page/api-key-page.tsx"))).ApiKeyPage,
);
const MembersPage = lazyPage(async () => (await import("./members/members-page.tsx")).MembersPage);
const OverviewPage = lazyPage(async () => (await import("./overview/overview-page.tsx")).OverviewPage);

const SecretDialog = lazyPage(async () => (await import("./keys/secret-dialog.tsx")).SecretDialog);

const VIEWER_INTERVAL_MS = 10_000;
const RECOVERY_INTERVAL_MS = 3000;

/** Asks who is signed in, and shows the page that they are on. */
export function App() {
  const { session, secret } = usePageState();
  const state = useSession();
  const isSecretShown = useStore(secret.shown) !== undefined;
  const viewer = shownIn(state);
  const interval = state.kind === "unavailable" ? RECOVERY_INTERVAL_MS : VIEWER_INTERVAL_MS;
  useRepeated("viewer", interval, (signal) => session.look(signal));
  return (
    <>
      {state.kind === "loading" ? <p class="loading">Loading…</p> : null}
      {state.kind === "unavailable" ? <UnavailablePage sentence={state.sentence} /> : null}
      {state.kind === "elsewhere" ? <ElsewherePage pageOrigin={state.pageOrigin} /> : null}
      {state.kind === "signed-out" && viewer === undefined ? <SignedOut /> : null}
      {viewer === undefined ? null : <SignedIn key={viewer.user.id} viewer={viewer} />}
      {isSecretShown ? <SecretDialog /> : null}
      {state.kind === "signed-out" && viewer !== undefined ? <SignInAgain viewer={viewer} /> : null}
      <LiveRegion />
    </>
  );
}

function SignedOut() {
  const { path } = usePlace();
  const { linkSecret } = usePageState();
  if (path === "/setup") {
    return <SetupPage />;
  }
  if (path === "/sign-in" && linkSecret.isHeld) {
    return <LinkSignInPage />;
  }
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
      {path === "/account" ? <AccountPage viewer={viewer} /> : null}
      {path !== "/account" && membership === undefined ? <NoOrganization /> : null}
      {path !== "/account" && membership !== undefined ? <Page path={path} membership={membership} /> : null}
    </Frame>
  );
}

function Page({ path, membership }: { path: string; membership: Membership }) {
  const executor = segmentAfter("/executors/", path);
  if (executor !== undefined) {
    return <ExecutorPage key={executor} id={executor} membership={membership} />;
  }
  const apiKey = segmentAfter("/api-keys/", path);
  if (apiKey !== undefined) {
    return <ApiKeyPage key={apiKey} id={apiKey} membership={membership} />;
  }
  switch (path) {
    case "/":
    case "/sign-in":
      return <OverviewPage membership={membership} />;
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
