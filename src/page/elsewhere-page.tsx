import { withQuery } from "./state/navigation.ts";
import { usePlace } from "./state/page-state.ts";
import { Brand, PageHead } from "./ui/page-head.tsx";

/** Shown at an address that is not the page's own: nobody could sign in there. */
export function ElsewherePage({ pageOrigin }: { pageOrigin: string }) {
  const url = `${pageOrigin}${withQuery(usePlace(), {})}`;
  return (
    <main class="alone">
      <Brand />
      <PageHead title="This page has another address" />
      <p>
        It is <a href={url}>{pageOrigin}</a>, and sign-in works only there.
      </p>
      <p class="muted">
        You opened {window.location.origin}. If that is the right address, set <code>BETTER_AUTH_URL</code> to
        it and restart the control plane.
      </p>
    </main>
  );
}
