import { useId, useRef, useState } from "preact/hooks";

export interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  /** Why it cannot be chosen now. */
  readonly unavailable?: string | undefined;
  readonly isDangerous?: boolean;
}

/** A button with a menu of actions: arrow keys, Home, End, Escape and Tab as in the ARIA menu pattern. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const place = () => {
    const menu = list.current;
    const around = button.current?.getBoundingClientRect();
    if (menu === null || around === undefined) return;
    const { height, width } = menu.getBoundingClientRect();
    const below = around.bottom + 4;
    const top = below + height > window.innerHeight ? Math.max(4, around.top - 4 - height) : below;
    menu.style.top = `${top}px`;
    menu.style.left = `${Math.max(4, around.right - width)}px`;
  };
  const choose = (item: MenuItem) => {
    if (item.unavailable !== undefined) return;
    list.current?.hidePopover();
    // The dialog that opens gives the focus back to where it finds it.
    button.current?.focus();
    item.onSelect();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Tab") return list.current?.hidePopover();
    const entries = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = entries.findIndex((entry) => entry.matches(":focus"));
    const next = steppedTo(event.key, at, entries.length);
    if (next === undefined) return;
    event.preventDefault();
    entries[next]?.focus();
  };
  const onToggle = (event: { readonly newState: string }) => {
    setOpen(event.newState === "open");
    if (event.newState !== "open") return;
    place();
    list.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="quiet menu-button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        popovertarget={id}
      >
        <span aria-hidden="true">⋯</span>
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        onKeyDown={onKeyDown}
        onToggle={onToggle}
      >
        {items.map((item) => (
          <div
            key={item.label}
            role="menuitem"
            tabIndex={-1}
            class={item.isDangerous === true ? "dangerous" : undefined}
            aria-disabled={item.unavailable === undefined ? undefined : true}
            onClick={() => choose(item)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              choose(item);
            }}
          >
            {item.label}
            {item.unavailable === undefined ? null : <small>{item.unavailable}</small>}
          </div>
        ))}
      </div>
    </>
  );
}

function steppedTo(key: string, at: number, count: number): number | undefined {
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return undefined;
}
