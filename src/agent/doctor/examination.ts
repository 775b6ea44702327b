/** Where something can be wrong, in the order in which one thing needs the other. */
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
] as const;

export type Stage = (typeof STAGES)[number];

/** What was seen at one stage. `untold`: it could not be looked at, mostly because an earlier stage failed. */
export interface Check {
  readonly stage: Stage;
  readonly status: "passed" | "warning" | "failed" | "untold";
  /** A clause: what was seen. */
  readonly detail: string;
  /** A sentence in the imperative; of every check that failed. */
  readonly remedy?: string;
}

/** What `doctor --json` prints. */
export interface Examination {
  readonly verdict: "good" | "bad" | "could-not-tell";
  readonly configPath: string;
  readonly checks: readonly Check[];
}

/** One failure makes it bad; without one, whatever matters and is unknown leaves it open. */
export function examination(configPath: string, checks: readonly Check[]): Examination {
  const sorted = [...checks].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
  const has = (status: Check["status"]) => sorted.some((check) => check.status === status);
  const verdict = has("failed") ? "bad" : has("untold") ? "could-not-tell" : "good";
  return { verdict, configPath, checks: sorted };
}
