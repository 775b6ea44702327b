import { ExecutorKey } from "./executor-key.ts";
import type { KeyFinding } from "./finding.ts";

export type KeyOrigin =
  | { readonly kind: "config" }
  | { readonly kind: "key-file" }
  | { readonly kind: "input" };

export interface KeyDiagnosis {
  readonly key: ExecutorKey | undefined;
  readonly findings: readonly KeyFinding[];
}

/** First increment: the full diagnosis follows. */
export function diagnoseKey(
  text: string,
  _origin: KeyOrigin,
  _locate?: (index: number) => { line: number; column: number },
): KeyDiagnosis {
  const trimmed = text.trim();
  if (/^exc_[\x21-\x7e]{1,508}$/u.test(trimmed)) return { key: new ExecutorKey(trimmed), findings: [] };
  const problem = "is not a key";
  return {
    key: undefined,
    findings: [{ code: "wrong-prefix", severity: "refused", problem, remedy: "Paste it again." }],
  };
}
