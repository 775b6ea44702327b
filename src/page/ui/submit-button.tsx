import type { Submission } from "../state/submission.ts";
import { Notice } from "./notice.tsx";

/** Why the last attempt failed, and the button for the next. */
export function SubmitButton({ submission, verb }: { submission: Submission; verb: string }) {
  const { isBusy, failure } = submission;
  return (
    <>
      {failure === undefined ? null : <Notice kind="error">{failure}</Notice>}
      <button type="submit" class="primary" aria-disabled={isBusy ? true : undefined}>
        {verb}
      </button>
    </>
  );
}
