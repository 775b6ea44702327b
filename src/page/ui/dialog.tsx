import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  /** Called on Escape. Left out: only the dialog's own buttons close it. */
  readonly onDismiss?: () => void;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A modal dialog. A click beside it does not close it, because typed text would be lost. */
export function Dialog({ title, onDismiss, class: className, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // `none`: browsers close a dialog on the second Escape even if the first was prevented.
  useModal(element, onDismiss === undefined ? "none" : "closerequest");
  const onCancel = (event: Event) => {
    // A field inside (a file chooser) sends the same event, which bubbles.
    if (event.target !== element.current) {
      return;
    }
    event.preventDefault();
    onDismiss?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && onDismiss === undefined) {
      event.preventDefault();
    }
  };
  const onClose = () => {
    // Something other than our buttons closed it while it is still rendered.
    if (element.current?.isConnected !== true) {
      return;
    }
    if (onDismiss === undefined) {
      element.current.showModal();
    } else {
      onDismiss();
    }
  };
  return (
    <dialog
      ref={element}
      class={className}
      aria-labelledby={titleId}
      onCancel={onCancel}
      onKeyDown={onKeyDown}
      onClose={onClose}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}

/** Opens the dialog; afterwards the focus returns to its element, or to the page's heading. */
function useModal(element: RefObject<HTMLDialogElement | null>, closedBy: "none" | "closerequest"): void {
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) {
      return;
    }
    dialog.setAttribute("closedby", closedBy);
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      // The browser does not restore the focus of a dialog that was removed from the document.
      const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected;
      (isThere ? before : document.querySelector<HTMLElement>("h1"))?.focus();
    };
  }, []);
}
