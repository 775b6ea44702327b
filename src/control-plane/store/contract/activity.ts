import type { ExecutorDeclaration, ExecutorRefusal } from "./executors.ts";
import type { KeyReference } from "./references.ts";

/** What every sync leaves behind. It is written later, and only the newest of each kind. */
export type Activity =
  | { readonly kind: "key-used"; readonly keyId: string; readonly at: number }
  | {
      readonly kind: "synced";
      readonly executorId: string;
      readonly key: KeyReference;
      readonly declaration: ExecutorDeclaration;
      readonly at: number;
    }
  | { readonly kind: "refused"; readonly executorId: string; readonly refusal: ExecutorRefusal };

export interface ActivityRecorder {
  /**
   * All or nothing. Once resolved, the activities survive the end of the process. Outside a
   * transaction they do not survive a power cut until the next one commits.
   */
  record(activities: readonly Activity[]): Promise<void>;
}
