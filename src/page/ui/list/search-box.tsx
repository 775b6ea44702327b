import { useEffect, useRef } from "preact/hooks";
import { useFilterText } from "./filter-text.ts";

interface SearchBoxProps {
  readonly label: string;
  /** Short enough for the narrowest field. */
  readonly placeholder: string;
}

/** Searches the page's list at the control plane. The URL keeps the text; `/` leads here. */
export function SearchBox({ label, placeholder }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const { text, onInput } = useFilterText("search");
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key === "/" && !isTyping(event)) {
        event.preventDefault();
        input.current?.focus();
        input.current?.select();
      }
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);
  return (
    <div class="search">
      <input
        ref={input}
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={onInput}
      />
      <span class="key-hint" aria-hidden="true">
        /
      </span>
    </div>
  );
}

/** Whether the key belongs to a field, a dialog or a shortcut of the browser. */
function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const isField = target instanceof Element && target.closest("input, select, textarea, dialog") !== null;
  return isField || ctrlKey || metaKey || altKey || document.querySelector("dialog[open]") !== null;
}
