import { sentence } from "../../lib/sentence.ts";
import type { OfflineCause } from "../../protocol/statuses.ts";
import type { ListedExecutor, OfflineReason } from "../api/executors.ts";
import { Fingerprint } from "../keys/shown/key-label.tsx";
import { AskManagers } from "../members/ask-managers.tsx";
import { useHeartbeatTimeout, useMembership, useSetKeyCommand } from "../state/page-state.ts";
import { CopyBlock } from "../ui/copy-block.tsx";
import { Notice } from "../ui/notice.tsx";
import { Moment } from "../ui/time.tsx";
import { causeClause, RefusalWords } from "./offline-words.tsx";

interface OfflineNoticeProps {
  readonly executor: Pick<ListedExecutor, "name" | "status">;
  readonly reason: OfflineReason;
}

/** Why the executor is offline, what its host still does, and what to do about it. */
export function OfflineNotice({ executor: { name, status }, reason }: OfflineNoticeProps) {
  const timeout = useHeartbeatTimeout();
  const { cause, at, key, refusal, isKnocking } = reason;
  return (
    <Notice kind={cause === "stopped" ? "info" : "warning"}>
      <p>
        <strong>
          {status === "online" ? `${name} goes offline within ${timeout}` : `${name} is offline`}:{" "}
          {causeClause(reason)}
        </strong>
        {at === null ? null : (
          <>
            {" "}
            {cause === "silent" ? "since " : ""}
            <Moment at={at} />
          </>
        )}
        {key === null || !isOfKey(cause) ? null : (
          <>
            {" "}
            (fingerprint <Fingerprint text={key.fingerprint} />)
          </>
        )}
        .
      </p>
      {refusal === null ? null : (
        <p>
          {isKnocking ? "Its host still asks: " : "Its host was last "}
          <RefusalWords refusal={refusal} />. {sentence(refusal.message)}
        </p>
      )}
      <Remedy cause={cause} name={name} />
    </Notice>
  );
}

function isOfKey(cause: OfflineCause): boolean {
  return cause === "key_revoked" || cause === "key_expired" || cause === "key_deleted";
}

function Remedy({ cause, name }: { cause: OfflineCause; name: string }) {
  const setKey = useSetKeyCommand();
  const mayCreate = useMembership()?.canManage === true;
  switch (cause) {
    case "silent":
      return <Command words={`On the host of ${name}, run:`} text="sudo novacula-agent doctor" />;
    case "stopped":
      return <Command words="To start it, run on its host:" text="sudo novacula-agent start" />;
    case "refused":
      return (
        <>
          <Command words="Correct the name or the key on its host:" text={setKey} />
          <AskManagers deed="create keys" />
        </>
      );
    case "key_revoked":
    case "key_expired":
    case "key_deleted":
      return (
        <>
          <AskManagers deed="create a new key for it" />
          <Command
            words={
              mayCreate
                ? `Create a new key for ${name}. Then run on its host:`
                : `With a new key, run on the host of ${name}:`
            }
            text={setKey}
          />
        </>
      );
  }
}

function Command({ words, text }: { words: string; text: string }) {
  return (
    <>
      <p>{words}</p>
      <CopyBlock what="the command" text={text} />
    </>
  );
}
