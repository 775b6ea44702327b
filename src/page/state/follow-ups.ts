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
});

export type FollowUp = z.output<typeof followUp>;

const STORAGE_KEY = "novacula.follow-ups";
const MAX_FOLLOWED = 5;

/** Kept in the tab's session storage, to survive a reload. Ids and names, never a secret. */
export class FollowUps {
  readonly list = createStore<readonly FollowUp[]>(stored());

  add(next: FollowUp): void {
    this.keep([next, ...this.others(next.key.id)].slice(0, MAX_FOLLOWED));
  }

  remove(keyId: string): void {
    this.keep(this.others(keyId));
  }

  of(keyId: string): FollowUp | undefined {
    return this.list.get().find(({ key }) => key.id === keyId);
  }

  private others(keyId: string): readonly FollowUp[] {
    return this.list.get().filter(({ key }) => key.id !== keyId);
  }

  private keep(next: readonly FollowUp[]): void {
    this.list.set(next);
    window.sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  }
}

function stored(): readonly FollowUp[] {
  try {
    const value: unknown = JSON.parse(window.sessionStorage.getItem(STORAGE_KEY) ?? "[]");
    return z.array(followUp).safeParse(value).data ?? [];
  } catch {
    return [];
  }
}
