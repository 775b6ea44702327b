import type { RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  /** Why it cannot be chosen now; undefined: it can. */
  readonly unavailable?: string | undefined;
  readonly isDangerous?: boolean;
}

/** A button with a menu of actions. The keyboard works as in the ARIA menu pattern. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useFollowing(isOpen, list, button);
  const choose = (item: MenuItem) => {
    if (item.unavailable !== undefined) {
      return;
    }
    list.current?.hidePopover();
    // A dialog that opens now returns the focus to the element that has it at that moment.
    button.current?.focus();
    item.onSelect();
  };
  const onBeforeToggle = ({ newState }: { readonly newState: string }) => {
    if (newState === "open") {
      list.current?.classList.add("unplaced");
    }
  };
  const onToggle = (event: { readonly newState: string }) => {
    setOpen(event.newState === "open");
    if (event.newState !== "open" || list.current === null || button.current === null) {
      return;
    }
    placeBelow(list.current, button.current);
    list.current.classList.remove("unplaced");
    entriesOf(list.current)[0]?.focus();
  };
  return (
    <>
      <MenuButton button={button} label={label} isOpen={isOpen} menuId={id} />
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        onBeforeToggle={onBeforeToggle}
        onToggle={onToggle}
        onKeyDown={(event) => moveFocus(event.currentTarget, event)}
      >
        {items.map((item) => (
          <MenuEntry key={item.label} item={item} onChosen={() => choose(item)} />
        ))}
      </div>
    </>
  );
}

/** Keeps an open menu at its button while the page scrolls; it closes when the button leaves. */
function useFollowing(
  isOpen: boolean,
  list: RefObject<HTMLDivElement | null>,
  button: RefObject<HTMLButtonElement | null>,
): void {
  useEffect(() => {
    const follow = () => {
      const { top = 0, bottom = 0 } = button.current?.getBoundingClientRect() ?? {};
      if (bottom < 0 || top > window.innerHeight) {
        list.current?.hidePopover();
      } else if (list.current !== null && button.current !== null) {
        placeBelow(list.current, button.current);
      }
    };
    if (!isOpen) {
      return;
    }
    // Captured: the button may be inside of something that scrolls by itself.
    window.addEventListener("scroll", follow, { capture: true, passive: true });
    window.addEventListener("resize", follow);
    // The page may have been scrolled since the menu opened.
    follow();
    return () => {
      window.removeEventListener("scroll", follow, { capture: true });
      window.removeEventListener("resize", follow);
    };
  }, [isOpen]);
}

interface MenuButtonProps {
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly label: string;
  readonly isOpen: boolean;
  readonly menuId: string;
}

function MenuButton({ button, label, isOpen, menuId }: MenuButtonProps) {
  return (
    <button
      ref={button}
      type="button"
      class="quiet menu-button"
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      popovertarget={menuId}
    >
      <span aria-hidden="true">⋯</span>
    </button>
  );
}

function MenuEntry({ item, onChosen }: { item: MenuItem; onChosen: () => void }) {
  const { label, unavailable, isDangerous } = item;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") {
      return;
    }
    event.preventDefault();
    onChosen();
  };
  return (
    <div
      role="menuitem"
      tabIndex={-1}
      class={isDangerous === true ? "dangerous" : undefined}
      aria-disabled={unavailable === undefined ? undefined : true}
      onClick={onChosen}
      onKeyDown={onKeyDown}
    >
      {label}
      {unavailable === undefined ? null : <small>{unavailable}</small>}
    </div>
  );
}

function entriesOf(menu: HTMLElement): readonly HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
}

/** Right-aligned below the button, or above it if there is no room. */
function placeBelow(menu: HTMLElement, button: HTMLElement): void {
  const around = button.getBoundingClientRect();
  const { height, width } = menu.getBoundingClientRect();
  const below = around.bottom + 4;
  const top = below + height > window.innerHeight ? Math.max(4, around.top - 4 - height) : below;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(4, around.right - width)}px`;
}

function moveFocus(menu: HTMLElement, event: KeyboardEvent): void {
  if (event.key === "Tab") {
    menu.hidePopover();
  }
  const entries = entriesOf(menu);
  const at = entries.findIndex((entry) => entry.matches(":focus"));
  const next = steppedTo(event.key, at, entries.length);
  if (next === undefined) {
    return;
  }
  event.preventDefault();
  entries[next]?.focus();
}

function steppedTo(key: string, at: number, count: number): number | undefined {
  if (key === "ArrowDown") {
    return (at + 1) % count;
  }
  if (key === "ArrowUp") {
    return (at - 1 + count) % count;
  }
  if (key === "Home") {
    return 0;
  }
  if (key === "End") {
    return count - 1;
  }
  return undefined;
}
