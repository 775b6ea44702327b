import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";

/** What has been typed so far; `text` is undefined after Ctrl-C, or Ctrl-D on an empty line. */
export interface Typed {
  readonly text: string | undefined;
  readonly isEnded: boolean;
}

const NOTHING: Typed = { text: "", isEnded: false };
/** What a terminal puts around a paste, if an earlier program asked for it. */
const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";
/**
 * A paste arrives in pieces. Text that comes within this time after a line end belongs to it, ms.
 */
const PASTE_PAUSE_MS = 150;

/**
 * Asks for one line without showing it; undefined if the person cancels. Always leaves the terminal
 * as it was. Reads all lines of a paste: otherwise the second half of a wrapped key would become a
 * command of the shell, and part of its history.
 */
export async function askHidden(question: string, { stdin, stderr }: Terminal): Promise<string | undefined> {
  let typed = NOTHING;
  let wake = () => {};
  const take = (chunk: string) => {
    typed = afterInput(typed, chunk);
    wake();
  };
  const finish = () => {
    typed = { text: typed.text === "" ? undefined : typed.text, isEnded: true };
    wake();
  };
  stdin.setEncoding("utf8");
  // Before the question: a quick answer must not be echoed either.
  stdin.setRawMode?.(true);
  stderr.write(question);
  stdin.on("data", take).on("end", finish).resume();
  try {
    while (!isOver(typed)) {
      const seen = typed;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (typed.isEnded && typed !== seen) {
        await quiet(() => typed);
      }
    }
  } finally {
    stdin.off("data", take).off("end", finish).pause();
    stdin.setRawMode?.(false);
    stderr.write("\n");
  }
  return typed.text?.replace(/[\r\n]+$/u, "");
}

function isOver({ text, isEnded }: Typed): boolean {
  return isEnded || text === undefined;
}

/** Resolves when nothing more arrives. */
async function quiet(current: () => Typed): Promise<void> {
  for (let before: Typed | undefined; before !== current(); ) {
    before = current();
    await delay(PASTE_PAUSE_MS, new AbortController().signal);
  }
}

/** The state after more key presses. Pure. */
export function afterInput(typed: Typed, chunk: string): Typed {
  let { text, isEnded } = typed;
  for (const key of chunk.replaceAll(PASTE_START, "").replaceAll(PASTE_END, "")) {
    if (text === undefined) {
      break;
    }
    switch (key) {
      case "\u0003":
        text = undefined;
        break;
      case "\u0004":
        if (text === "") {
          text = undefined;
        }
        isEnded = true;
        break;
      case "\u007f":
      case "\b":
        text = text.slice(0, -1);
        break;
      case "\u0015":
        text = "";
        break;
      case "\r":
      case "\n":
        text += "\n";
        isEnded = true;
        break;
      default:
        text += key;
    }
  }
  return { text, isEnded };
}
