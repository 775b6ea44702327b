import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { takeArrival } from "../state/navigation.ts";

/** The title of a page, in the document and on it, with the page's own actions beside it. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // A screen reader says where one is, and Tab goes on from there.
    if (takeArrival()) {
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
