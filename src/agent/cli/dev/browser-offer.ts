import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { delay } from "../../../lib/delay.ts";
import { errorCode } from "../../../lib/errors.ts";
import { randomLetters } from "../../../lib/random-id.ts";

/** Long enough for a browser that has to start first. */
const FILE_LIMIT_MS = 60_000;

interface BrowserOffer {
  /** Only its owner can read it. */
  readonly folder: string;
  /** A link that works once, for each time that it is asked for. */
  readonly link: () => Promise<string>;
  /** Default: xdg-open. */
  readonly opener?: string;
}

/** On a terminal, opens the page each time that Enter is pressed, until `signal` aborts. */
export function offerBrowser(offer: BrowserOffer, terminal: Terminal, signal: AbortSignal): void {
  const { stdin, stdout } = terminal;
  if (stdin.isTTY !== true || stdout.isTTY !== true) {
    return;
  }
  print(terminal, "Press Enter to open the page in your browser.\n");
  const onData = () => {
    openPage(offer, signal).catch((error: unknown) => {
      if (!signal.aborted) {
        const why = errorCode(error) === "ENOENT" ? "xdg-open is not installed" : String(error);
        complain(terminal, `No browser was opened (${why}). Open the link above.`);
      }
    });
  };
  stdin.on("data", onData);
  signal.addEventListener("abort", () => stdin.off("data", onData).pause(), { once: true });
}

/**
 * The browser gets the link from a file, because everybody on this host can read the arguments of a
 * program.
 */
export async function openPage(
  { folder, link, opener = "xdg-open" }: BrowserOffer,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, `open-page-${randomLetters(8)}.html`);
  await writeFile(path, redirectTo(await link()), { mode: 0o600, flag: "wx" });
  try {
    const child = spawn(opener, [path], { stdio: "ignore", detached: true });
    await once(child, "spawn");
    child.unref();
    await delay(FILE_LIMIT_MS, signal);
  } finally {
    await rm(path, { force: true });
  }
}

/** The link's characters need no escaping: an origin, a path, and base64url. */
function redirectTo(url: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<title>Novacula</title><meta http-equiv="refresh" content="0;url=${url}">
<p><a href="${url}">Open the page</a></p>
`;
}
