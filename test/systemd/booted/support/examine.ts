import * as z from "zod";
import type { ExecutorHost } from "./executor-host.ts";

const found = z.object({
  stage: z.string(),
  status: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
});
const examination = z.object({
  verdict: z.string(),
  isOnline: z.boolean().nullable(),
  cause: found.nullable(),
  checks: z.array(found),
});

/** What doctor says of the host, with more arguments if there are some. */
export async function examine(
  host: ExecutorHost,
  ...args: readonly string[]
): Promise<z.infer<typeof examination> & { readonly exitCode: number | null }> {
  const { exitCode, stdout } = await host.machine.try(["novacula-agent", "doctor", "--json", ...args]);
  return { exitCode, ...examination.parse(JSON.parse(stdout)) };
}
