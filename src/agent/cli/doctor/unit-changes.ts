import { stat } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";
import type { Loaded } from "../../config/load-config.ts";
import type { UnitChanges } from "../../doctor/check-unit-changes.ts";
import { serviceCredential } from "../host/service-credential.ts";
import type { ServiceView } from "../host/service-view.ts";

/** What of the unit is newer than its process, and where its key is. */
export async function unitChanges({ facts, files }: ServiceView, loaded: Loaded): Promise<UnitChanges> {
  const credential = loaded.config?.controlPlane.credential;
  const found = credential === undefined ? undefined : await serviceCredential(credential);
  const isInline = found?.kind === "source" && found.source.kind === "inline" && !found.source.isEncrypted;
  return { changed: await changedSince(startOf(facts), files), inlineKey: isInline ? credential : undefined };
}

/** Epoch seconds, or Infinity if no process runs: `@1764385978`. */
function startOf({ MainPID, ExecMainStartTimestamp }: ServiceView["facts"]): number {
  const seconds = /^@(\d+)$/u.exec(ExecMainStartTimestamp)?.[1];
  return MainPID === 0 || seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds);
}

async function changedSince(start: number, files: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    files.map(async (path) => {
      const stats = await inTime(path, () => stat(path)).catch(() => undefined);
      return stats !== undefined && Math.floor(stats.mtimeMs / 1000) > start ? [path] : [];
    }),
  );
  return found.flat();
}
