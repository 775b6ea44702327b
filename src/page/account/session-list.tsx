import { useState } from "preact/hooks";
import { browserName } from "../../lib/text/browser-name.ts";
import { askOwnSessions, endOtherSessions, endSession, type OwnSession } from "../api/own-account.ts";
import { useAnnounce } from "../state/page-state.ts";
import { usePolled } from "../state/polling.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { TableHead } from "../ui/list/table-head.tsx";
import { Pending } from "../ui/pending.tsx";
import { useRestoredFocus } from "../ui/restore-focus.ts";
import { DAY_MS, ExactTime, Moment } from "../ui/time.tsx";

const INTERVAL_MS = 10_000;

/** Where the viewer is signed in, with a way to end what they do not know. */
export function SessionList() {
  const { data, failure, reload } = usePolled("own sessions", INTERVAL_MS, askOwnSessions());
  const [ending, setEnding] = useState<OwnSession | "others">();
  const restoreFocus = useRestoredFocus();
  const sessions = data ?? [];
  const close = () => setEnding(undefined);
  const done = () => {
    close();
    reload();
  };
  return (
    <section>
      <div class="section-head">
        <h2>Signed in</h2>
        {sessions.length > 1 ? (
          <button type="button" onClick={() => setEnding("others")}>
            Sign out everywhere else
          </button>
        ) : null}
      </div>
      {data === undefined ? <Pending failure={failure} /> : null}
      {sessions.length > 0 ? (
        <table class="list" onFocusIn={restoreFocus}>
          <caption class="visually-hidden">Your sign-ins, newest first</caption>
          <TableHead columns={["Browser", "Signed in", "Last active"]} hasActions />
          <tbody>
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
            ))}
          </tbody>
        </table>
      ) : null}
      {ending === undefined ? null : <EndDialog ending={ending} onDismiss={close} onDone={done} />}
    </section>
  );
}

function nameOf({ userAgent }: OwnSession): string {
  return browserName(userAgent ?? "") ?? "An unknown program";
}

function SessionRow({ session, onEnd }: { session: OwnSession; onEnd: () => void }) {
  const { isCurrent, createdAt, renewedAt, address, userAgent } = session;
  return (
    <tr>
      <td data-label="Browser">
        <span class="name" title={userAgent ?? undefined}>
          {nameOf(session)}
        </span>
        <span class="under">{address === null ? "from an unknown address" : `from ${address}`}</span>
      </td>
      <td data-label="Signed in">
        <ExactTime at={createdAt} />
      </td>
      <td data-label="Last active">{isCurrent ? "now, this browser" : <LastActive at={renewedAt} />}</td>
      <td class="actions">
        {isCurrent ? null : (
          <button
            type="button"
            class="quiet"
            aria-label={`Sign out ${nameOf(session)}, ${address ?? "unknown address"}`}
            onClick={onEnd}
          >
            Sign out
          </button>
        )}
      </td>
    </tr>
  );
}

/** A session is renewed at most once a day, so no more is known. */
function LastActive({ at }: { at: number }) {
  return Date.now() - at < DAY_MS ? <>in the last 24 h</> : <Moment at={at} />;
}

interface EndDialogProps {
  readonly ending: OwnSession | "others";
  readonly onDismiss: () => void;
  readonly onDone: () => void;
}

function EndDialog({ ending, onDismiss, onDone }: EndDialogProps) {
  const announce = useAnnounce();
  const isAll = ending === "others";
  return (
    <ActionDialog
      title={isAll ? "Sign out everywhere else?" : `Sign out ${nameOf(ending)}?`}
      verb="Sign out"
      kind="danger"
      operation={() => (isAll ? endOtherSessions() : endSession(ending.id))}
      onDismiss={onDismiss}
      onDone={() => {
        announce(isAll ? "You are signed out everywhere else." : `${nameOf(ending)} is signed out.`);
        onDone();
      }}
    >
      {isAll ? (
        <p>Every other browser is signed out at once. You stay signed in here.</p>
      ) : (
        <p>
          It signed in at <ExactTime at={ending.createdAt} />
          {ending.address === null ? "" : ` from ${ending.address}`}, and is signed out at once.
        </p>
      )}
      <p class="muted">If you do not know {isAll ? "one of them" : "it"}, change your password, too.</p>
    </ActionDialog>
  );
}
