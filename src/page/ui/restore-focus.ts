import { useEffect, useRef } from "preact/hooks";

/**
 * For a list whose rows come and go: if the row with the focus is removed, the focus moves to the
 * page's heading. Otherwise the next Tab would start at the top of the document.
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
