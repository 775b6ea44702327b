/** One thing that is wrong or odd with a key as it was found. Never holds a character of the key beyond `exc_`. */
export interface KeyFinding {
  /** Stable, kebab-case: `inner-whitespace`, `placeholder`, `file-readable-by-others`, … */
  readonly code: string;
  /** `refused`: the key is not sent. `warning`: it is used, and the finding is said. */
  readonly severity: "refused" | "warning";
  /** What and where, as a clause: `has U+00A0 NO-BREAK SPACE after character 41 (line 7, column 58)`. */
  readonly problem: string;
  /** What to do, as a sentence in the imperative. */
  readonly remedy: string;
  /** 1-based, in the file that the key was read from, where known. */
  readonly line?: number;
  readonly column?: number;
}
