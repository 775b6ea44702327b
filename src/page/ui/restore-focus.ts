import { useEffect, useRef } from "preact/hooks";

/**
 * For a list whose rows come and go: when the one that had the focus goes, the focus moves to the head of the page.
 * Left to the browser it would be nowhere, and the next Tab at the very beginning.
 */
export function useRestoredFocus(): (event: FocusEvent) => void {
  const last = useRef<Element>(undefined);
  useEffect(() => {
    if (last.current === undefined || last.current.isConnected) {
      return;
    }
    last.current = undefined;
    if (document.activeElement === document.body) {
      document.querySelector<HTMLElement>("h1")?.focus();
    }
  });
  return ({ target }) => {
    last.current = target instanceof Element ? target : undefined;
  };
}
