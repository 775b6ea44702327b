import type { Remedy } from "../../lib/text/remedy.ts";

/**
 * One thing that is wrong or odd with a key. Never contains a character of the key beyond `exc_`.
 */
export interface KeyFinding {
  /** Stable, kebab-case: `inner-whitespace`, `placeholder`, `file-readable-by-others`, … */
  readonly code: string;
  /** `refused`: the key is not sent. `warning`: the key is used, and the finding is reported. */
  readonly severity: "refused" | "warning";
  /**
   * What and where, as a clause: `has U+00A0 NO-BREAK SPACE after character 41 (line 7, column
   * 58)`.
   */
  readonly problem: string;
  readonly remedy: Remedy;
  /** 1-based, in the file with the key, if known. */
  readonly line?: number;
  /** 1-based, in characters, if known. */
  readonly column?: number;
}
