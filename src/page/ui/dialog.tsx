import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  /** What Escape does; left out: nothing but the dialog's own buttons closes it. */
  readonly onDismiss?: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog for as long as it is rendered. A click beside it does nothing: what was typed would be lost. */
export function Dialog({ title, onDismiss, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // `none`: browsers close a dialog on the second Escape even where the first was refused.
  useModal(element, onDismiss === undefined ? "none" : "closerequest");
  const onCancel = (event: Event) => {
    // Of a field inside (a file chooser) it would bubble.
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
    // Closed by something that is none of our buttons, while still rendered.
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

/** Modal while it is there; afterwards the focus is where it was, or at the head of the page where that is gone. */
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
      // By now it is out of the document, where the browser gives no focus back.
      const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected;
      (isThere ? before : document.querySelector<HTMLElement>("h1"))?.focus();
    };
  }, []);
}
