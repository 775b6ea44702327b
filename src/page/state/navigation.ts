import { withoutSecrets } from "./pasted-key.ts";
import { ReturnPlaces } from "./return-places.ts";
import { createStore } from "./store.ts";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Where in the page the person is: the browser's address and history. Neither ever holds a secret.
 */
export class Navigation {
  readonly place = createStore(currentPlace());
  private readonly returnPlaces = new ReturnPlaces();
  private isArrival = false;

  /** Follows the browser's Back and Forward. */
  start(): void {
    let shown = window.location.href;
    this.place.subscribe(() => {
      shown = window.location.href;
    });
    window.addEventListener("popstate", () => {
      const isElsewhere = window.location.href !== shown;
      this.refresh();
      if (isElsewhere) {
        this.returnPlaces.restore();
      }
    });
    this.returnPlaces.start();
  }

  /** Goes to `url` within the page, as a new entry of the history. */
  go(url: string): void {
    this.isArrival = new URL(url, window.location.href).pathname !== window.location.pathname;
    this.returnPlaces.keep();
    this.returnPlaces.stop();
    window.history.pushState(null, "", safe(url));
    this.refresh();
    window.scrollTo(0, 0);
  }

  /** Replaces the present entry of the history: for text that is typed into a filter. */
  replace(url: string): void {
    window.history.replaceState(null, "", safe(url));
    this.refresh();
  }

  /** Adds an entry to the history that Back may remove; see block-back.ts. */
  pushBlocker(url: string): void {
    window.history.pushState({ isBlocker: true }, "", url);
    this.refresh();
  }

  /** Whether the person just came to another page, whose heading then gets the focus. True once. */
  takeArrival(): boolean {
    const wasArrival = this.isArrival;
    this.isArrival = false;
    return wasArrival;
  }

  private refresh(): void {
    this.place.set(currentPlace());
  }
}

/** The address as it is, without a secret that somebody put into it. */
function currentPlace(): Place {
  const { pathname, search, hash } = window.location;
  const path = `${pathname}${search}`;
  if (safe(path) !== path) {
    window.history.replaceState(window.history.state, "", `${safe(path)}${hash}`);
  }
  return { path: pathname, query: new URLSearchParams(window.location.search) };
}

function safe(url: string): string {
  const [path = "", search = ""] = url.split("?");
  const given = new URLSearchParams(search);
  const kept = withoutSecrets(given);
  if (kept.size === given.size) {
    return url;
  }
  return kept.size === 0 ? path : `${path}?${kept}`;
}

/** The single segment of `path` after `prefix`; undefined: there is none, or more than one. */
export function segmentAfter(prefix: string, path: string): string | undefined {
  const segment = path.startsWith(prefix) ? path.slice(prefix.length) : "";
  if (segment === "" || segment.includes("/")) {
    return undefined;
  }
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A stray %, as in a link that was cut off: no id looks like this.
  }
}

/** The URL of `place` with some query parameters replaced; empty values are left out. */
export function withQuery(
  { path, query }: Place,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") {
      next.delete(name);
    } else {
      next.set(name, value);
    }
  }
  const text = next.toString();
  return text === "" ? path : `${path}?${text}`;
}
