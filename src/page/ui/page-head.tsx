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
