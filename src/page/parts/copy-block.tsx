import { useRef, useState } from "preact/hooks";
import { announce } from "../announce.ts";

interface CopyBlockProps {
  /** What the button copies, in words: `the key`. */
  readonly what: string;
  readonly text: string;
}

/** Text to take elsewhere, with a button that copies it. Where the browser gives no clipboard, it selects it. */
export function CopyBlock({ what, text }: CopyBlockProps) {
  const [state, setState] = useState<"idle" | "copied" | "selected">("idle");
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    const isCopied = await copied(text);
    if (!isCopied && code.current !== null) window.getSelection()?.selectAllChildren(code.current);
    setState(isCopied ? "copied" : "selected");
    announce(isCopied ? `Copied ${what}` : `Selected ${what}: press Ctrl+C to copy it`);
  };
  const labels = { idle: "Copy", copied: "Copied", selected: "Press Ctrl+C" } as const;
  return (
    <div class="copy-block">
      <pre>
        <code ref={code}>{text}</code>
      </pre>
      <button type="button" aria-label={`Copy ${what}`} onClick={() => void copy()}>
        {labels[state]}
      </button>
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
