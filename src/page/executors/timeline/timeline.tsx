import { useId } from "preact/hooks";
import { sentence } from "../../../lib/sentence.ts";
import type { Executor, Transition } from "../../api/executors.ts";
import { Fingerprint } from "../../keys/shown/key-label.tsx";
import { refusalWords } from "../../keys/shown/refusal-words.ts";
import { useNow } from "../../state/page-state.ts";
import { exactly, Moment, sinceWhen } from "../../ui/time.tsx";
import {
  isStop,
  type Span,
  type Timeline,
  timelineOf,
  timelineSummary,
  withPresent,
} from "./timeline-spans.ts";

/** What became of the executor: a picture of its last transitions, and the same as a list. */
export function ExecutorTimeline({ executor }: { executor: Executor }) {
  const now = useNow();
  const { status, lastSyncAt, stoppedAt } = executor;
  const present = { isOnline: status === "online", lastSyncAt, stoppedAt };
  const transitions = withPresent(executor.timeline, present);
  const timeline = timelineOf(transitions, present, now);
  return (
    <section>
      <h2>Timeline</h2>
      {timeline === undefined ? (
        <p class="muted">Nothing has been recorded yet.</p>
      ) : (
        <>
          <Picture timeline={timeline} now={now} />
          <History transitions={transitions} />
        </>
      )}
    </section>
  );
}

const LEGEND = [
  ["online", "online"],
  ["stopped", "stopped"],
  ["offline", "offline"],
  ["key", "key changed"],
  ["refused", "refused"],
] as const;

function Picture({ timeline, now }: { timeline: Timeline; now: number }) {
  const id = useId();
  const { from, to, spans, marks } = timeline;
  const x = (at: number) => `${((100 * (at - from)) / (to - from)).toFixed(3)}%`;
  return (
    <figure class="timeline">
      {/* Positions in percent: nothing is distorted when the width changes. */}
      <svg role="img" aria-labelledby={id} width="100%" height="44">
        <title id={id}>{sentence(timelineSummary(timeline))}</title>
        {spans.map((span) => (
          <SpanBar key={span.from} span={span} x={x(span.from)} width={x(from + span.to - span.from)} />
        ))}
        {marks.map((mark) => (
          <svg key={`${mark.kind} ${mark.at}`} x={x(mark.at)} y="0" overflow="visible" aria-hidden="true">
            <title>{markWords(mark)}</title>
            {mark.kind === "refused" ? (
              <path class="refused" d="M-4 2 4 10M4 2-4 10" />
            ) : (
              <path class="key" d="M0 1 5 6 0 11-5 6Z" />
            )}
          </svg>
        ))}
      </svg>
      <figcaption>
        <span>{sinceWhen(from, now)}</span>
        <span class="legend">
          {LEGEND.map(([kind, words]) => (
            <span key={kind}>
              <i class={kind} /> {words}
            </span>
          ))}
        </span>
        <span class="until">now</span>
      </figcaption>
    </figure>
  );
}

function SpanBar({ span: { state, from, to }, x, width }: { span: Span; x: string; width: string }) {
  // Without colours a stop differs, too.
  const place = state === "stopped" ? { y: "24", height: "8" } : { y: "16", height: "24" };
  return (
    <g class={state}>
      <title>{`${state}, ${exactly(from)} to ${exactly(to)}`}</title>
      <rect x={x} width={width} {...place} />
      {/* However short it was, it is seen. */}
      {state === "offline" || state === "stopped" ? <rect x={x} width="2" {...place} /> : null}
    </g>
  );
}

function markWords({ kind, at, key, cause }: Transition): string {
  const which = key === null ? "" : ` ${key.name} ${key.fingerprint}`;
  return kind === "refused"
    ? `refused with key${which}, ${exactly(at)}: ${refusalWords(cause ?? "")}`
    : `on key${which} since ${exactly(at)}`;
}

const SHOWN = 5;

function History({ transitions }: { transitions: readonly Transition[] }) {
  const rest = transitions.slice(SHOWN);
  return (
    <>
      <ol class="transitions">
        {transitions.slice(0, SHOWN).map((each) => (
          <HistoryLine key={`${each.kind} ${each.at}`} transition={each} />
        ))}
      </ol>
      {rest.length === 0 ? null : (
        <details>
          <summary>{rest.length} earlier</summary>
          <ol class="transitions">
            {rest.map((each) => (
              <HistoryLine key={`${each.kind} ${each.at}`} transition={each} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

function HistoryLine({ transition }: { transition: Transition }) {
  const { at, kind } = transition;
  return (
    <li class={isStop(transition) ? "stopped" : kind}>
      <span class="what">
        <TransitionWords transition={transition} />
      </span>{" "}
      <span class="muted">
        <Moment at={at} />, {exactly(at)}
      </span>
    </li>
  );
}

function TransitionWords({ transition }: { transition: Transition }) {
  const { kind, cause, key, address } = transition;
  const fingerprint = key === null ? null : <Fingerprint text={key.fingerprint} />;
  const from = address === null ? "" : ` from ${address}`;
  switch (kind) {
    case "online":
      return (
        <>
          Online{from} {fingerprint === null ? null : <>with key {fingerprint}</>}
        </>
      );
    case "offline":
      return <>{isStop(transition) ? "Stopped" : "Silent from then on"}</>;
    case "key_changed":
      return (
        <>
          On the key {key?.name} {fingerprint}
        </>
      );
    case "refused":
      return (
        <>
          Refused{from} with key {fingerprint}
          {cause === null ? "" : `: ${refusalWords(cause)}`}
        </>
      );
  }
}
