import * as z from "zod";
import { printable } from "../../../lib/printable.ts";

/** What a process says of itself. */
export type ProbeReading = AnsweredReading | SilentReading;

export interface AnsweredReading {
  readonly kind: "answered";
  /** In blocks; slots of a consensus client. Null: it does not say. */
  readonly height: number | null;
  /** The height that its peers have, or its own. */
  readonly targetHeight: number | null;
  readonly peers: number | null;
  /** 0 to 1. */
  readonly progress: number | null;
  /** By more than the adapter's margin, or as the client itself says. */
  readonly isBehind: boolean;
  /** As the client names it. */
  readonly version: string | null;
}

export interface SilentReading {
  readonly kind: "silent";
  /** What happened, in one printable line without a full stop. Without a secret. */
  readonly why: string;
}

/** A count from a client. What is no count counts as not said, and does not spoil the rest. */
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const optionalCount = count
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

/** The name of a version, made printable and short. */
export const versionText = z
  .string()
  .nullish()
  .catch(null)
  .transform((text) => (text ? printable(text, 64) : null));

export function silent(why: string): SilentReading {
  return { kind: "silent", why: printable(why, 160) };
}

/** How far `height` is on the way to `target`, 0 to 1. */
export function progressOf(height: number, target: number): number {
  return target <= 0 ? 1 : Math.min(1, height / target);
}
