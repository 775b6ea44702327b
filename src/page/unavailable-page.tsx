import { Brand, PageHead } from "./ui/page-head.tsx";

/** Shown until the control plane has answered for the first time. */
export function UnavailablePage({ sentence }: { sentence: string }) {
  return (
    <main class="alone">
      <Brand />
      <PageHead title="The control plane cannot be reached" />
      <p>{sentence}</p>
      <p>
        This page retries every few seconds. Agents retry, too, and the nodes on their hosts keep running.
      </p>
    </main>
  );
}
