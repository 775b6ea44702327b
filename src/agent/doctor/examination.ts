import * as z from "zod";

/** The stages, in the order in which they are shown and fixed. */
export const STAGES = [
  "file",
  "mode",
  "syntax",
  "key",
  "dns",
  "tcp",
  "tls",
  "proxy",
  "clock",
  "authentication",
  "unit",
  "nodes",
] as const;

export type Stage = (typeof STAGES)[number];

const check = z.object({
  stage: z.enum(STAGES),
  status: z
    .enum(["ok", "warning", "bad", "unknown"])
    .describe("unknown: not checked, mostly because an earlier stage is bad"),
  detail: z.string().describe("What was seen"),
  remedy: z.string().optional().describe("How to fix it; every bad check has one"),
});

/** The result at one stage. */
export type Check = Readonly<z.output<typeof check>>;

/** What `doctor --json` prints. */
export const examinationSchema = z.object({
  verdict: z
    .enum(["ok", "bad", "unknown"])
    .describe("unknown: nothing is bad, but not everything could be checked"),
  configPath: z.string(),
  checks: z.array(check),
});

export type Examination = z.output<typeof examinationSchema>;

/**
 * Sorts the checks by stage. One bad check makes the verdict bad; without one, an unknown check
 * makes it unknown.
 */
export function examination(configPath: string, checks: readonly Check[]): Examination {
  const sorted = [...checks].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
  const has = (status: Check["status"]) => sorted.some((check) => check.status === status);
  const verdict = has("bad") ? "bad" : has("unknown") ? "unknown" : "ok";
  return { verdict, configPath, checks: sorted };
}
