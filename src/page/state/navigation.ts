import { createStore, useStore } from "./store.ts";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const place = createStore(readPlace());
window.addEventListener("popstate", () => place.set(readPlace()));

function readPlace(): Place {
  const { pathname, search } = window.location;
  return { path: pathname, query: new URLSearchParams(search) };
}

export function usePlace(): Place {
  return useStore(place);
}

const isNewPage = createStore(false);

/** Whether the page that is being shown was gone to, which its head then takes the focus for. True once. */
export function takeArrival(): boolean {
  const wasNew = isNewPage.get();
  isNewPage.set(false);
  return wasNew;
}

/** Goes to `url` within the page: a new entry of the history. */
export function navigate(url: string): void {
  isNewPage.set(new URL(url, window.location.href).pathname !== window.location.pathname);
  window.history.pushState(null, "", url);
  place.set(readPlace());
  window.scrollTo(0, 0);
}

/** Makes `url` the present place in an entry of its own; see block-back.ts. */
export function pushHeld(url: string): void {
  window.history.pushState({ isHeld: true }, "", url);
  place.set(readPlace());
}

/** The same, in place of the present entry: for what is typed into a filter. */
export function replacePlace(url: string): void {
  window.history.replaceState(null, "", url);
  place.set(readPlace());
}

/** The one segment of `path` that follows `prefix`: an id from a URL that anybody may have written or cut off. */
export function segmentAfter(prefix: string, path: string): string | undefined {
  const segment = path.startsWith(prefix) ? path.slice(prefix.length) : "";
  if (segment === "" || segment.includes("/")) {
    return undefined;
  }
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // A stray %: nothing has such an id, and the page says so.
  }
}

/** `/audit?action=…`: the present path with some of its query replaced; empty values are left out. */
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
