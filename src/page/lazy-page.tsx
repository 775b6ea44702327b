import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { usePageState } from "./state/page-state.ts";
import { useRepeated, useUnanswered } from "./state/polling.ts";
import { useStore } from "./state/store.ts";
import { Pending } from "./ui/pending.tsx";

const RETRY_MS = 3000;

/**
 * A page whose script is loaded when it is shown for the first time, so that the first visit loads
 * little. `load` imports it.
 */
export function lazyPage<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): (props: Props) => preact.JSX.Element {
  let known: ComponentType<Props> | undefined;
  return function LazyPage(props) {
    const [isLoaded, setLoaded] = useState(known !== undefined);
    const Page = known;
    return isLoaded && Page !== undefined ? (
      <Page {...props} />
    ) : (
      <Loading
        load={async () => {
          known = await load();
          setLoaded(true);
        }}
      />
    );
  };
}

/** Tries again while the control plane does not answer. */
function Loading({ load }: { load: () => Promise<void> }) {
  const [hasFailed, setFailed] = useState(false);
  // Then the banner says it.
  const isLost = useStore(usePageState().session.connection).kind === "lost";
  useUnanswered(true);
  useRepeated("script", RETRY_MS, () => load().catch(() => setFailed(true)));
  useEffect(() => {
    document.title = "Novacula";
  }, []);
  return (
    <Pending
      failure={
        hasFailed && !isLost
          ? "This part of the page cannot be loaded. If the control plane answers, it was updated: reload the page."
          : undefined
      }
    />
  );
}
