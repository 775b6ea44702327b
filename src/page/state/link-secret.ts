const WHOLE = /^[\w-]{43}$/;
const PLACES: ReadonlySet<string> = new Set(["/setup", "/sign-in"]);

/**
 * The secret of the one-time link that opened the page. It goes out of the address and the history
 * at once, and is held here until it is used.
 */
export class LinkSecret {
  private secret: string | undefined;

  constructor() {
    const { pathname, search, hash } = window.location;
    if (PLACES.has(pathname) && hash.length > 1) {
      this.secret = hash.slice(1);
      window.history.replaceState(null, "", `${pathname}${search}`);
    }
  }

  get isHeld(): boolean {
    return this.secret !== undefined;
  }

  /** False if the link was cut off when it was copied. */
  get isWhole(): boolean {
    return WHOLE.test(this.text);
  }

  /** Empty if none is held: then the control plane refuses it. */
  get text(): string {
    return this.secret ?? "";
  }

  forget(): void {
    this.secret = undefined;
  }
}
