import type { Activity, ActivityRecorder } from "../store/contract/activity.ts";
import type { Metrics } from "./metrics.ts";

/** Notes how long each transaction takes, and those that fail. `now` is monotonic milliseconds. */
export function timedRecorder(
  recorder: ActivityRecorder,
  metrics: Metrics,
  now: () => number,
): ActivityRecorder {
  return {
    async record(activities: readonly Activity[]) {
      const startedAt = now();
      try {
        await recorder.record(activities);
        metrics.flushed((now() - startedAt) / 1000);
      } catch (error) {
        metrics.storeFailed();
        throw error;
      }
    },
  };
}
