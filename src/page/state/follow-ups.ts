import * as z from "zod/mini";
import { createStore } from "./store.ts";

/** A new key on its way to where it is used: the page follows it until each executor is on it. */
const followUp = z.object({
  key: z.object({ id: z.string(), name: z.string(), fingerprint: z.string() }),
  /** The key that it replaces, where it came from a rotation. */
  old: z.nullable(z.object({ id: z.string(), name: z.string(), revokesAt: z.nullable(z.number()) })),
  /** Those that are to take it; empty: whoever presents it first. */
  executors: z.array(z.object({ id: z.string(), name: z.string() })),
  /** The organization it belongs to: another one's page does not show it. */
  organizationId: z.string(),
});

export type FollowUp = z.output<typeof followUp>;

const NAME = "novacula.follow-ups";
const MAX_FOLLOWED = 5;

/** Outlasts a reload, ends with the tab. Ids and names alone: a secret is never stored. */
export const followUps = createStore<readonly FollowUp[]>(stored());

export function follow(next: FollowUp): void {
  keep([next, ...followUps.get().filter(({ key }) => key.id !== next.key.id)].slice(0, MAX_FOLLOWED));
}

export function unfollow(keyId: string): void {
  keep(followUps.get().filter(({ key }) => key.id !== keyId));
}

/** The key is revoked now: nobody waits for it, and whoever follows its successor is not told to revoke it. */
export function noteRevoked(keyId: string, now: number): void {
  const followed = followUps.get().filter(({ key }) => key.id !== keyId);
  keep(
    followed.map((each) =>
      each.old?.id === keyId ? { ...each, old: { ...each.old, revokesAt: now } } : each,
    ),
  );
}

function keep(next: readonly FollowUp[]): void {
  followUps.set(next);
  window.sessionStorage.setItem(NAME, JSON.stringify(next));
}

function stored(): readonly FollowUp[] {
  try {
    const value: unknown = JSON.parse(window.sessionStorage.getItem(NAME) ?? "[]");
    return z.array(followUp).safeParse(value).data ?? [];
  } catch {
    return [];
  }
}
