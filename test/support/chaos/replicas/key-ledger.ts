import * as z from "zod";
import type { TestControlPlane, TestKey } from "../../control-plane/control-plane.ts";

/** A key that a control plane has acknowledged. All times are epoch ms. */
export interface Entry {
  readonly key: TestKey;
  /** The executor that it was made for. */
  readonly executor: string;
  /** From then on it may be refused: its end was asked for, or its grace ends. */
  mayEndAt: number;
  /** No request that begins later is accepted. */
  endedAt: number;
  /** The acknowledged end of its grace. */
  revokesAt: number | null;
}

const listedKeys = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      revokesAt: z.iso
        .datetime()
        .nullable()
        .transform((text) => (text === null ? null : Date.parse(text))),
    }),
  ),
});

/**
 * Whether a control plane did not answer a command, so that nobody knows what became of it; or so
 * late, on a busy machine, that the grace was over.
 */
export function isUnanswered(error: unknown): boolean {
  return /"code": "(?:no_answer|not_running)"|the end of the grace period, .* is in the past/u.test(
    String(error),
  );
}

/** Every key that was acknowledged, and what was acknowledged of it since. */
export class KeyLedger {
  readonly entries: Entry[] = [];
  private made = 0;

  async create(plane: TestControlPlane, executor: string): Promise<Entry> {
    this.made += 1;
    return this.add(await plane.createKey({ name: `key ${this.made}` }), executor);
  }

  /** Revokes the old key at once, or after `graceMs`. */
  async rotate(plane: TestControlPlane, entry: Entry, graceMs?: number): Promise<Entry> {
    const revokesAt = graceMs === undefined ? undefined : Date.now() + graceMs;
    entry.mayEndAt = Math.min(entry.mayEndAt, Date.now());
    const next = await plane.rotateKey(entry.key.id, revokesAt);
    entry.endedAt = revokesAt ?? Date.now();
    if (revokesAt !== undefined) {
      entry.mayEndAt = revokesAt;
      entry.revokesAt = revokesAt;
    }
    return this.add(next, entry.executor);
  }

  /** Also of a key whose end was asked for without an answer. */
  async revoke(plane: TestControlPlane, entry: Entry): Promise<void> {
    entry.mayEndAt = Math.min(entry.mayEndAt, Date.now());
    await plane.revokeKey(entry.key.id).catch((error: unknown) => {
      if (!String(error).includes("is already revoked")) {
        throw error;
      }
    });
    entry.endedAt = Math.min(entry.endedAt, Date.now());
  }

  /** Those that no change is about: they work. */
  working(): readonly Entry[] {
    return this.entries.filter(({ mayEndAt }) => mayEndAt === Number.POSITIVE_INFINITY);
  }

  /** Those whose end was asked for without an answer. */
  unclear(): readonly Entry[] {
    return this.entries.filter(
      ({ mayEndAt, endedAt }) => mayEndAt < Number.POSITIVE_INFINITY && endedAt === Number.POSITIVE_INFINITY,
    );
  }

  ended(now = Date.now()): readonly Entry[] {
    return this.entries.filter(({ endedAt }) => endedAt < now);
  }

  /** What this control plane has lost of what was acknowledged, in words. */
  async lostAt(plane: TestControlPlane): Promise<readonly string[]> {
    const before = this.entries.map((entry) => ({ ...entry }));
    const asked = Date.now();
    const listed = listedKeys.parse(await plane.management("keys", "list"));
    const found = new Map(listed.keys.map((key) => [key.id, key]));
    const answered = Date.now();
    return before.flatMap((was, index) => {
      const listedKey = found.get(was.key.id);
      const name = `${was.key.name} (${was.key.fingerprint})`;
      if (listedKey === undefined) {
        return [`${name} is not listed`];
      }
      if (was.endedAt < asked && listedKey.status !== "revoked") {
        return [`${name} is listed as ${listedKey.status}, ${asked - was.endedAt} ms after its end`];
      }
      if (this.entries[index]?.mayEndAt === was.mayEndAt && was.mayEndAt > answered) {
        const isAsBefore = listedKey.status === "active" && listedKey.revokesAt === was.revokesAt;
        return isAsBefore ? [] : [`${name} is listed as ${JSON.stringify(listedKey)}`];
      }
      return [];
    });
  }

  private add(key: TestKey, executor: string): Entry {
    const entry: Entry = {
      key,
      executor,
      mayEndAt: Number.POSITIVE_INFINITY,
      endedAt: Number.POSITIVE_INFINITY,
      revokesAt: null,
    };
    this.entries.push(entry);
    return entry;
  }
}
