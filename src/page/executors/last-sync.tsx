import { Moment } from "../ui/time.tsx";

interface LastSyncProps {
  readonly at: number | null;
  readonly stoppedAt: number | null;
}

/** When an executor was heard last; if its agent was stopped, then that. */
export function LastSync({ at, stoppedAt }: LastSyncProps) {
  if (stoppedAt !== null) {
    return (
      <>
        stopped <Moment at={stoppedAt} />
      </>
    );
  }
  return at === null ? <>never</> : <Moment at={at} />;
}
