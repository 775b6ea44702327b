import * as z from "zod/mini";
import { createStore } from "./store.ts";

const keyReference = z.object({ id: z.string(), name: z.string(), fingerprint: z.string() });

/** A new key whose arrival at its executors the page shows. */
const followUp = z.object({
  key: keyReference,
  /** The key that it replaces; null: none. */
  old: z.nullable(keyReference),
  /** The executors that need it; empty: the first one that uses it. */
  executors: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Shown on this organization's page only. */
  organizationId: z.string(),
  /** When the key was created, epoch ms. */
  since: z.number(),
});

export type FollowUp = z.output<typeof followUp>;

const STORAGE_KEY = "novacula.follow-ups";
const MAX_FOLLOWED = 5;
/** As long as an old key is kept by default. */
const MAX_AGE_MS = 30 * 86_400_000;

/**
 * Kept in the browser's storage: they survive a reload, and every tab shows the same. Ids and
 * names, never a secret; a sign-out leaves nothing of them.
 */
export class FollowUps {
  readonly list = createStore<readonly FollowUp[]>(stored());

  /** Follows what other tabs add and dismiss. */
  start(): void {
    window.addEventListener("storage", ({ key }) => {
      // Null: another tab emptied the storage.
      if (key === STORAGE_KEY || key === null) {
        this.list.set(stored());
      }
    });
  }

  add(next: Omit<FollowUp, "since">): void {
    const added = { ...next, since: Date.now() };
    this.keep([added, ...others(stored(), next.key.id)].slice(0, MAX_FOLLOWED));
  }

  remove(keyId: string): void {
    this.keep(others(stored(), keyId));
  }

  of(keyId: string): FollowUp | undefined {
    return this.list.get().find(({ key }) => key.id === keyId);
  }

  /** The person signs out. */
  forget(): void {
    this.keep([]);
  }

  private keep(next: readonly FollowUp[]): void {
    this.list.set(next);
    window.localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  }
}

function others(followed: readonly FollowUp[], keyId: string): readonly FollowUp[] {
  return followed.filter(({ key }) => key.id !== keyId);
}

function stored(): readonly FollowUp[] {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(STORAGE_KEY) ?? "[]");
    const followed = z.array(followUp).safeParse(value).data ?? [];
    return followed.filter(({ since }) => Date.now() - since < MAX_AGE_MS);
  } catch {
    return [];
  }
}
