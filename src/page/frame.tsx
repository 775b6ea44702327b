import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { setActiveOrganization, signOut, type Viewer } from "./api/session.ts";
import { useAnnounce, usePageState, usePlace } from "./state/page-state.ts";
import { useUnmountSignal } from "./state/submission.ts";
import { Link } from "./ui/link.tsx";
import { Menu } from "./ui/menu.tsx";
import { Mark } from "./ui/page-head.tsx";

const PAGES = [
  { path: "/", title: "Overview" },
  { path: "/api-keys", title: "API keys" },
  { path: "/executors", title: "Executors", below: "/connect" },
  { path: "/audit", title: "Audit" },
  { path: "/members", title: "Members" },
] as const;

function isAt(path: string, page: (typeof PAGES)[number]): boolean {
  if ("below" in page && path === page.below) {
    return true;
  }
  if (page.path === "/") {
    return path === "/" || path === "/sign-in";
  }
  return path === page.path || path.startsWith(`${page.path}/`);
}

/** The navigation and the account around every page of a signed-in person. */
export function Frame({ viewer, children }: { viewer: Viewer; children: ComponentChildren }) {
  const { path } = usePlace();
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="side">
        <Link to="/" class="brand">
          <Mark /> Novacula
        </Link>
        <OrganizationChoice viewer={viewer} />
        <Pages path={path} />
        <Account viewer={viewer} />
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Pages({ path }: { path: string }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a narrow phone not all of them fit, and the current one must be seen.
    const current = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current !== null && current instanceof HTMLElement) {
      nav.current.scrollLeft = current.offsetLeft - (nav.current.clientWidth - current.offsetWidth) / 2;
    }
  }, [path]);
  return (
    <nav ref={nav} aria-label="Main">
      {PAGES.map((page) => (
        <Link key={page.path} to={page.path} current={isAt(path, page) ? "page" : undefined}>
          {page.title}
        </Link>
      ))}
    </nav>
  );
}

function OrganizationChoice({ viewer: { organizations, activeOrganization } }: { viewer: Viewer }) {
  const { session } = usePageState();
  const announce = useAnnounce();
  const signal = useUnmountSignal();
  if (organizations.length < 2 && activeOrganization !== null) {
    return <p class="organization">{activeOrganization.name}</p>;
  }
  const choose = async (id: string) => {
    const answer = await session.ask(setActiveOrganization(id), signal);
    if (answer.kind === "data") {
      // Loaded anew, so that nothing of the previous organization stays on the page.
      window.location.assign("/");
    } else if (answer.kind !== "signed-out") {
      announce(`The organization was not changed. ${answer.sentence}`);
    }
  };
  return (
    <select
      class="organization"
      aria-label="Organization"
      value={activeOrganization?.id ?? ""}
      onChange={(event) => void choose(event.currentTarget.value)}
    >
      {activeOrganization === null ? <option value="">Choose an organization</option> : null}
      {organizations.map(({ organization }) => (
        <option key={organization.id} value={organization.id}>
          {organization.name}
        </option>
      ))}
    </select>
  );
}

function Account({ viewer: { user, role } }: { viewer: Viewer }) {
  const { session, navigation, followUps } = usePageState();
  const announce = useAnnounce();
  const signal = useUnmountSignal();
  const leave = async () => {
    const answer = await session.ask(signOut(), signal);
    if (answer.kind === "data") {
      followUps.forget();
      session.end();
    } else if (answer.kind !== "signed-out") {
      announce(`You are still signed in. ${answer.sentence}`);
    }
  };
  return (
    <div class="account">
      <p>
        <span class="name">{user.name}</span>
        <span class="under">{user.email}</span>
        {role === null ? null : <span class="under">{role}</span>}
      </p>
      <Menu
        label="Your account"
        items={[
          { label: "Profile, password, sign-ins", onSelect: () => navigation.go("/account") },
          { label: "Sign out", onSelect: () => void leave() },
        ]}
      />
    </div>
  );
}
