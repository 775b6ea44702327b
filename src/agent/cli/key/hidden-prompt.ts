import type { Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";

/** What has been typed so far; `undefined` once it was called off with Ctrl-C, or Ctrl-D on an empty line. */
export interface Typed {
  readonly text: string | undefined;
  readonly isEnded: boolean;
}

const NOTHING: Typed = { text: "", isEnded: false };
/** What a terminal puts around a paste, where a program before has asked for it. */
const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";
/** A paste arrives in pieces: what follows a line end within this time, ms, belongs to it. */
const PASTE_PAUSE_MS = 150;

/**
 * Asks for one line without showing it. The terminal is raw meanwhile, and as it was before when this resolves, in
 * every case. A key that was wrapped into two lines is taken whole, so that its second half does not end up in the
 * shell, as a command and in its history.
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
  // Before the question: who answers it at once, or pastes, must not be echoed.
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

async function quiet(current: () => Typed): Promise<void> {
  for (let before: Typed | undefined; before !== current(); ) {
    before = current();
    await delay(PASTE_PAUSE_MS, new AbortController().signal);
  }
}

/** What is there after some more key presses. Pure. */
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
