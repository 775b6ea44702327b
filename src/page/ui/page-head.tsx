import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePageState } from "../state/page-state.ts";

/** The heading and browser title of a page, with the page's actions beside it. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  const { navigation } = usePageState();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // A screen reader then reads the new page's title, and Tab goes on from there.
    if (navigation.takeArrival()) {
      head.current?.focus();
    }
  }, []);
  useEffect(() => {
    document.title = `${title} · Novacula`;
  }, [title]);
  return (
    <header class="page-head">
      <h1 ref={head} tabIndex={-1}>
        {title}
      </h1>
      <div class="page-actions">{children}</div>
    </header>
  );
}

/** The mark of the product, as in favicon.svg. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M17 16h10M23 16v5" />
      <circle cx="12" cy="16" r="5" />
    </svg>
  );
}

/** The mark and the name, above a page that stands alone. */
export function Brand() {
  return (
    <p class="brand">
      <Mark /> Novacula
    </p>
  );
}
