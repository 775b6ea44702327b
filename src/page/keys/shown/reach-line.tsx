import { useEffect, useRef } from "preact/hooks";
import type { KeyReach } from "../../api/keys/key-reach.ts";
import { Notice } from "../../ui/notice.tsx";
import type { ReachLookup } from "./reach-lookup.ts";

interface ReachLineProps {
  readonly lookup: ReachLookup;
  /** What the person is about to do with the key: `revoke`. */
  readonly deed: string;
  /** Left out: once they are known, nothing more is said here. */
  readonly children?: (reach: KeyReach) => string;
}

/**
 * Says that the executors are looked for, and then who they are, which a screen reader hears. Its
 * dialog grows with the answer, so that appears only then, or if it takes long.
 */
export function ReachLine({ lookup: { reach, lineId }, deed, children }: ReachLineProps) {
  if (reach !== undefined && children === undefined) {
    return null;
  }
  return (
    <p id={lineId} role="status" class={reach === undefined ? "muted looking" : undefined}>
      {reach === undefined
        ? `Looking for executors that use this key. You can ${deed} it once they are known…`
        : children?.(reach)}
    </p>
  );
}

interface ReachUnknownProps {
  readonly lookup: ReachLookup;
  /** Left out: it cannot be done without knowing. */
  readonly deed?: string;
}

/** Says that it is not known whom the change affects, with what a person can do about that. */
export function ReachUnknown({ lookup, deed }: ReachUnknownProps) {
  const { failure, retry, isRetrying, lineId } = lookup;
  const button = useRef<HTMLButtonElement>(null);
  useKeptFocus(button);
  return (
    <Notice kind="error">
      <p id={lineId}>
        {failure} So it is not known who uses this key.{" "}
        {deed === undefined ? "Try again." : `Try again, or ${deed} it without knowing.`}
      </p>
      <p class="choices">
        <button
          ref={button}
          type="button"
          aria-disabled={isRetrying ? true : undefined}
          onClick={isRetrying ? undefined : retry}
        >
          {isRetrying ? "Trying again…" : "Try again"}
        </button>
      </p>
    </Notice>
  );
}

/** Leaves the focus in the dialog when the button goes, on what changes nothing. */
function useKeptFocus(button: { readonly current: HTMLButtonElement | null }): void {
  useEffect(() => {
    const dialog = button.current?.closest("dialog");
    return () => {
      if (document.activeElement === document.body) {
        dialog?.querySelector<HTMLButtonElement>(".dialog-buttons button")?.focus();
      }
    };
  }, []);
}
