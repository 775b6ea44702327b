import { useEffect, useRef, useState } from "preact/hooks";

interface CopyBlockProps {
  /** Names the text in the button's label: `the key`. */
  readonly what: string;
  readonly text: string;
}

const SAID_MS = 4000;
const BUTTON = { idle: "Copy", copied: "Copied", selected: "Press Ctrl+C for" } as const;
const SAID = { copied: "Copied", selected: "Press Ctrl+C to copy the selected text:" } as const;

/** Text with a button that copies it, or selects it if the browser offers no clipboard. */
export function CopyBlock({ what, text }: CopyBlockProps) {
  const [state, setState] = useState<"idle" | "copied" | "selected">("idle");
  useEffect(() => {
    if (state === "idle") {
      return;
    }
    const timer = window.setTimeout(() => setState("idle"), SAID_MS);
    return () => window.clearTimeout(timer);
  }, [state]);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    const isCopied = await copied(text);
    if (!isCopied && code.current !== null) {
      window.getSelection()?.selectAllChildren(code.current);
    }
    setState(isCopied ? "copied" : "selected");
  };
  return (
    <div class="copy-block">
      <pre>
        <code ref={code}>{text}</code>
      </pre>
      <button type="button" aria-label={`${BUTTON[state]} ${what}`} onClick={() => void copy()}>
        {BUTTON[state].replace(" for", "")}
      </button>
      <span class="visually-hidden" role="status">
        {state === "idle" ? "" : `${SAID[state]} ${what}`}
      </span>
    </div>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
