import type { KeyFinding } from "./finding.ts";

/** A finding before its place is added: `index` points into the diagnosed text. */
export type UnplacedFinding = Omit<KeyFinding, "line" | "column"> & { readonly index: number };

export function refusal(code: string, problem: string, remedy: string, index: number): UnplacedFinding {
  return { code, severity: "refused", problem, remedy, index };
}

export function warning(code: string, problem: string, remedy: string, index: number): UnplacedFinding {
  return { code, severity: "warning", problem, remedy, index };
}

/** The same findings, with `by` added to each index. */
export function shifted(spotted: readonly UnplacedFinding[], by: number): readonly UnplacedFinding[] {
  return spotted.map((finding) => ({ ...finding, index: finding.index + by }));
}
