import type { KeyReach } from "../../api/keys/key-reach.ts";
import { reveal } from "../../ui/form.tsx";
import { DAY_MS, localInputValue, sinceWhen } from "../../ui/time.tsx";

/** When the old key ends: at once, after so many ms, or at the date in the field. */
export type OldKeyEnd =
  | { readonly kind: "now" }
  | { readonly kind: "after"; readonly ms: number }
  | { readonly kind: "at"; readonly value: string };

/** Epoch ms; null: the old key is revoked in the same step. */
export function endsAt(end: OldKeyEnd | undefined, now: number): number | null {
  switch (end?.kind) {
    case "after":
      return now + end.ms;
    case "at": {
      const at = new Date(end.value).getTime();
      return Number.isNaN(at) ? null : at;
    }
    case "now":
    case undefined:
      return null;
  }
}

const PERIODS: readonly (readonly [words: string, ms: number])[] = [
  ["1 h", DAY_MS / 24],
  ["24 h", DAY_MS],
  ["7 d", 7 * DAY_MS],
];

interface OldKeyChoiceProps {
  /** Undefined: not chosen yet. */
  readonly end: OldKeyEnd | undefined;
  readonly onChange: (end: OldKeyEnd) => void;
  /** Undefined: it is not known who uses the key. */
  readonly reach: KeyReach | undefined;
  /** When the old key expires, epoch ms; null: never. */
  readonly expiresAt: number | null;
}

/** What becomes of the old key, with whom each choice affects. Nothing is preselected. */
export function OldKeyChoice({ end, onChange, reach, expiresAt }: OldKeyChoiceProps) {
  const now = Date.now();
  const latest = expiresAt ?? Number.POSITIVE_INFINITY;
  return (
    <fieldset>
      <legend>The old key</legend>
      <Choice
        label="Revoke it now"
        says={refusedNow(reach)}
        isChosen={end?.kind === "now"}
        onChoose={() => onChange({ kind: "now" })}
      />
      {PERIODS.filter(([, ms]) => now + ms < latest).map(([words, ms]) => (
        <Choice
          key={ms}
          label={`Keep it for ${words}`}
          says={`${needs(reach)} by ${sinceWhen(now + ms, now, "short")}.`}
          isChosen={end?.kind === "after" && end.ms === ms}
          onChoose={() => onChange({ kind: "after", ms })}
        />
      ))}
      <Choice
        label="Keep it until…"
        says={`${needs(reach)} by then.`}
        isChosen={end?.kind === "at"}
        onChoose={() => onChange({ kind: "at", value: localInputValue(Math.min(now + 30 * DAY_MS, latest)) })}
      />
      {end?.kind === "at" ? (
        <label ref={reveal} class="field">
          Revoke the old key at
          <input
            type="datetime-local"
            required
            value={end.value}
            min={localInputValue(now + 60_000)}
            max={expiresAt === null ? undefined : localInputValue(expiresAt)}
            onInput={(event) => onChange({ kind: "at", value: event.currentTarget.value })}
          />
        </label>
      ) : null}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly says: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Choice({ label, says, isChosen, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name="old-key" required checked={isChosen} onChange={onChoose} />
      <span>
        {label}
        <small>{says}</small>
      </span>
    </label>
  );
}

const MAX_NAMED = 3;

function refusedNow(reach: KeyReach | undefined): string {
  if (reach === undefined) {
    return "Every executor on it is refused at its next heartbeat, and back with the new key. For a key that may have leaked.";
  }
  const { executors, count } = reach;
  const online = executors.filter(({ status }) => status === "online");
  const offline = executors.filter(({ status }) => status !== "online");
  const more = count - executors.length;
  const sentences = [
    online.length === 0
      ? ""
      : `${named(online, more)} ${is(online.length + more)} refused at the next heartbeat, and back with the new key.`,
    offline.length === 0
      ? ""
      : `${named(offline, online.length === 0 ? more : 0)} ${is(offline.length)} offline, and refused when back.`,
    "For a key that may have leaked.",
  ];
  return sentences.filter((each) => each !== "").join(" ");
}

function needs(reach: KeyReach | undefined): string {
  if (reach === undefined) {
    return "Every executor on it needs the new key";
  }
  const { executors, count } = reach;
  return `${named(executors, count - executors.length)} ${count === 1 ? "needs" : "need"} the new key`;
}

function is(count: number): string {
  return count === 1 ? "is" : "are";
}

/** `a, b and c`, `a, b, c and 5 more`. */
function named(all: readonly { readonly name: string }[], others: number): string {
  const names = all.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = all.length - names.length + others;
  const parts = more > 0 ? [...names, `${more} more`] : names;
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}
