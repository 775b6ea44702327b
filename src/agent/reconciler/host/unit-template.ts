import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { DiskHashes } from "./node-folder.ts";

/** The file from which systemd makes a unit. */
export interface UnitTemplate {
  readonly hash: string;
  /** When the file came here, or was changed last, epoch ms. A package replaces it. */
  readonly changedAt: number;
}

/** Undefined without a path, or if the file cannot be read. */
export async function readTemplate(
  path: string | undefined,
  disk: DiskHashes,
): Promise<UnitTemplate | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const hash = await disk.of(dirname(path), [basename(path)]);
  const look = await stat(path).catch(() => undefined);
  return hash === undefined || look === undefined ? undefined : { hash, changedAt: look.ctimeMs };
}

/** Whether the file was changed after a moment of CLOCK_MONOTONIC, ms. */
export function isChangedSince({ changedAt }: UnitTemplate, startedAtMs: number): boolean {
  const agoMs = Number(process.hrtime.bigint()) / 1e6 - startedAtMs;
  return changedAt > Date.now() - agoMs;
}
