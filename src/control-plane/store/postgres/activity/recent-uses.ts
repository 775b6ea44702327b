/** A use of a key is written if it is that much newer than the one that is stored. */
export const USE_MS = 60_000;

interface Use {
  readonly keyId: string;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * The uses of keys that this process wrote within the last minute, by executor or by key. The next
 * sync has only its heartbeat to write, which shows that it used the key. So the database is not
 * asked. If another control plane saw the executor with another key in between, the last use of
 * that key is up to a minute older in the history.
 *
 * It holds as many entries as there were within two minutes.
 */
export class RecentUses {
  private session = 0;
  private turnedAt = 0;
  private young = new Map<string, Use>();
  private old = new Map<string, Use>();

  /** A new connection may lead to a server that has lost the last second. */
  begin(session: number): void {
    if (session !== this.session) {
      this.session = session;
      this.young = new Map();
      this.old = new Map();
    }
  }

  /** Whether a use is stored for `id` that has this key and is at most a minute older. */
  has(id: string, { keyId, at }: Use): boolean {
    const written = this.young.get(id) ?? this.old.get(id);
    return written?.keyId === keyId && at >= written.at && at - written.at <= USE_MS;
  }

  /** Call it only after the commit. */
  note(id: string, { keyId, at }: Use): void {
    if (this.has(id, { keyId, at })) {
      return;
    }
    if (Math.abs(at - this.turnedAt) > USE_MS) {
      this.turnedAt = at;
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(id, { keyId, at });
  }
}
