import type { FollowUp } from "../state/follow-ups.ts";
import { usePageState } from "../state/page-state.ts";
import { useStore } from "../state/store.ts";
import { ArrivalList } from "./rotation/arrival-list.tsx";
import { useArrival } from "./rotation/use-arrival.ts";
import { KeyLink } from "./shown/key-label.tsx";

interface FollowUpListProps {
  readonly organizationId: string;
  /** Only those about this key, be it the new one or the old one, or about this executor. */
  readonly about?: string;
}

/** The organization's new keys, each with the executors that still need it. */
export function FollowUpList({ organizationId, about }: FollowUpListProps) {
  const { followUps, secret } = usePageState();
  const followed = useStore(followUps.list);
  // The dialog with its secret shows the same.
  const inDialog = useStore(secret.shown)?.issued.apiKey.id;
  return (
    <>
      {followed
        .filter((each) => each.organizationId === organizationId && each.key.id !== inDialog)
        .filter((each) => about === undefined || isAbout(each, about))
        .map((each) => (
          <Followed key={each.key.id} followUp={each} />
        ))}
    </>
  );
}

function isAbout({ key, old, executors }: FollowUp, id: string): boolean {
  return key.id === id || old?.id === id || executors.some((executor) => executor.id === id);
}

function Followed({ followUp }: { followUp: FollowUp }) {
  const { followUps } = usePageState();
  const arrival = useArrival(followUp);
  const { key, old } = followUp;
  return (
    <section
      class={`notice follow-up ${arrival.isDone ? "notice-good" : "notice-info"}`}
      aria-label={`Progress of ${key.name}`}
    >
      <div class="follow-up-head">
        <p>
          <KeyLink apiKey={key} />
          {old === null ? null : <> replaces {old.name}</>}
        </p>
        <button
          type="button"
          class="quiet"
          aria-label={`Dismiss ${key.name}`}
          onClick={() => followUps.remove(key.id)}
        >
          Dismiss
        </button>
      </div>
      <ArrivalList followUp={followUp} arrival={arrival} />
    </section>
  );
}
