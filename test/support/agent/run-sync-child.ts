import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const CHILD = fileURLToPath(new URL("sync-child.ts", import.meta.url));

export interface SyncChildJob {
  readonly url: string;
  readonly caPem?: string;
  readonly count: number;
}

const report = z.object({
  outcomes: z.array(z.object({ kind: z.string(), cause: z.string().optional() })),
  /** Growth of the peak of resident memory since the end of the first sync, bytes. */
  grownBytes: z.number(),
});

/** Runs sync-child.ts with exactly `environment`. */
export async function runSyncChild(
  job: SyncChildJob,
  environment: NodeJS.ProcessEnv = {},
): Promise<z.infer<typeof report>> {
  const child = spawn(process.execPath, [CHILD], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(JSON.stringify(job));
  return report.parse(JSON.parse(await text(child.stdout)));
}
