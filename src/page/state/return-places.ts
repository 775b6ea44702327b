import * as z from "zod/mini";

/** Where a person was on a page when they left it. */
const returnPlace = z.object({
  /** Scrolled by that many pixels. */
  top: z.number(),
  /** Text of the link or button with the focus; see `nameOf`. */
  focus: z.optional(z.string()),
});
type ReturnPlace = z.output<typeof returnPlace>;

const entryState = z.object({ returnPlace });

const SETTLE_MS = 150;
/** How long the page may take to load what the person had scrolled to. */
const RESTORE_MS = 5000;
const PERSON_ACTS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Remembers, with each entry of the history, how far its page was scrolled and what had the focus.
 * The browser's own memory fails, because it scrolls before the list has been loaded.
 */
export class ReturnPlaces {
  private settling: number | undefined;
  private stopRestoring: (() => void) | undefined;

  start(): void {
    window.history.scrollRestoration = "manual";
    window.addEventListener("scroll", () => this.keepSoon(), { passive: true });
    this.restore();
  }

  /** Call it before the page leaves its entry. */
  keep(): void {
    window.clearTimeout(this.settling);
    const place: ReturnPlace = { top: window.scrollY, focus: nameOf(document.activeElement) };
    window.history.replaceState({ ...window.history.state, returnPlace: place }, "");
  }

  /** Call it when the page came back to an entry. It waits for the list, until the person acts. */
  restore(): void {
    this.stop();
    const known = entryState.safeParse(window.history.state).data?.returnPlace;
    if (known === undefined) {
      return;
    }
    const observer = new ResizeObserver(() => {
      if (isThere(known)) {
        this.stop();
        goTo(known);
      }
    });
    const stop = () => this.stop();
    const timer = window.setTimeout(() => {
      stop();
      goTo(known);
    }, RESTORE_MS);
    for (const act of PERSON_ACTS) {
      window.addEventListener(act, stop, { passive: true });
    }
    this.stopRestoring = () => {
      observer.disconnect();
      window.clearTimeout(timer);
      for (const act of PERSON_ACTS) {
        window.removeEventListener(act, stop);
      }
    };
    observer.observe(document.body);
  }

  /** Forgets what was to be restored: the page goes elsewhere. */
  stop(): void {
    window.clearTimeout(this.settling);
    this.stopRestoring?.();
    this.stopRestoring = undefined;
  }

  private keepSoon(): void {
    window.clearTimeout(this.settling);
    if (this.stopRestoring === undefined) {
      this.settling = window.setTimeout(() => this.keep(), SETTLE_MS);
    }
  }
}

/** Whether the page is as high as it was, and has what had the focus. */
function isThere({ top, focus }: ReturnPlace): boolean {
  const isHigh = document.documentElement.scrollHeight >= top + window.innerHeight;
  return (top === 0 || isHigh) && (focus === undefined || named(focus) !== undefined);
}

function goTo({ top, focus }: ReturnPlace): void {
  const isFree = document.activeElement === document.body;
  const element = focus === undefined ? undefined : (named(focus) ?? document.querySelector("h1"));
  if (isFree && element instanceof HTMLElement) {
    element.focus({ preventScroll: true });
  }
  window.scrollTo(0, top);
}

const FOCUSABLE = "main a[href], main button";

/** Undefined: nothing that is found again by its name. */
function nameOf(element: Element | null): string | undefined {
  if (element?.matches(FOCUSABLE) !== true) {
    return undefined;
  }
  return element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent;
}

function named(name: string): Element | undefined {
  return [...document.querySelectorAll(FOCUSABLE)].find((element) => nameOf(element) === name);
}
