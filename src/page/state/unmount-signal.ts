import { useEffect, useMemo } from "preact/hooks";

/** A signal that aborts when the component goes: nobody waits for its answers any more. */
export function useUnmountSignal(): AbortSignal {
  const controller = useMemo(() => new AbortController(), []);
  useEffect(() => () => controller.abort(), [controller]);
  return controller.signal;
}
