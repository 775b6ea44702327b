import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** The title of a page, in the document and on it, with the page's own actions beside it. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Novacula`;
  }, [title]);
  return (
    <header class="page-head">
      <h1 tabIndex={-1}>{title}</h1>
      <div class="page-actions">{children}</div>
    </header>
  );
}
