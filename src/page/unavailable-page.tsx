import { PageHead } from "./ui/page-head.tsx";

/** Before anything could be loaded at all. */
export function UnavailablePage({ sentence }: { sentence: string }) {
  return (
    <main class="alone">
      <p class="brand">Novacula</p>
      <PageHead title="The control plane cannot be reached" />
      <p>{sentence}</p>
      <p>
        This page tries again by itself every few seconds. Nodes keep running meanwhile, and executors come
        back by themselves.
      </p>
    </main>
  );
}
