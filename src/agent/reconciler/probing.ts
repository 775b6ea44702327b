import type { Clock } from "../../lib/clock.ts";
import type { NodeSpec } from "../../protocol/nodes/node-spec.ts";
import type { NodeView, ProcessView } from "./node-view.ts";
import type { AnsweredReading, ProbeReading } from "./probe/probe-reading.ts";
import type { NodeSecrets } from "./render/node-secrets.ts";

/** What is known of a running process from its own answers. */
export interface Reading {
  readonly invocationId: string | undefined;
  readonly answer: AnsweredReading | undefined;
  /** Monotonic, ms: of the last answer, or when it was first seen to run. */
  readonly heardAt: number;
  /** Why it did not answer last. */
  readonly silence: string | undefined;
}

export type Probe = (
  spec: NodeSpec,
  role: string,
  secrets: NodeSecrets,
  signal: AbortSignal,
  limitMs: number,
) => Promise<ProbeReading>;

/** At most this many processes are asked at once. */
const MOST_AT_ONCE = 8;
/** A process that answers and has nothing to catch up with is asked at most this often, ms. */
const AT_REST_MS = 60_000;
/** A process that has not answered since its start is asked this often, ms, at first and later. */
const EAGER_MS = 500;
const PATIENT_MS = 5000;
/** How long after its start it is asked eagerly, ms. */
const EAGER_FOR_MS = 30_000;

interface Asked extends Reading {
  readonly askedAt: number;
  readonly firstSeenAt: number;
}

/** Asks running processes how they are, in the background, each at its own time. */
export class Probing {
  readonly #probe: Probe;
  readonly #clock: Clock;
  readonly #onAnswer: () => void;
  readonly #asked = new Map<string, Asked>();
  readonly #inFlight = new Set<string>();
  #hasNews = false;

  /** `onAnswer` is called when a process answers for the first time since its start. */
  constructor(probe: Probe, clock: Clock, onAnswer: () => void) {
    this.#probe = probe;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  /** What the invocation that runs now has answered. */
  of({ unit, state }: ProcessView): Reading | undefined {
    const asked = this.#asked.get(unit);
    return asked?.invocationId === state.invocationId ? asked : undefined;
  }

  /** Whether a process was asked since the last call, and what came of it is known. */
  takeNews(): boolean {
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    return hasNews;
  }

  /** Asks what is due. `intervalMs` is for those that answer. */
  start(views: readonly NodeView[], intervalMs: number, timeoutMs: number, signal: AbortSignal): void {
    const units = new Set<string>();
    for (const { held, secrets, processes } of views) {
      for (const process of processes) {
        units.add(process.unit);
        if (process.activity === "up" && this.#isDue(process, intervalMs)) {
          void this.#ask(held.spec, process, secrets, timeoutMs, signal);
        }
      }
    }
    for (const unit of this.#asked.keys()) {
      if (!units.has(unit)) {
        this.#asked.delete(unit);
      }
    }
  }

  #isDue(process: ProcessView, intervalMs: number): boolean {
    if (this.#inFlight.has(process.unit) || this.#inFlight.size >= MOST_AT_ONCE) {
      return false;
    }
    const known = this.#asked.get(process.unit);
    if (known === undefined || known.invocationId !== process.state.invocationId) {
      return true;
    }
    const now = this.#clock.now();
    const isEager = known.answer === undefined && now - known.firstSeenAt < EAGER_FOR_MS;
    const quietMs = isEager ? EAGER_MS : Math.min(intervalMs, PATIENT_MS);
    const steadyMs = known.answer?.isBehind === false ? Math.max(intervalMs, AT_REST_MS) : intervalMs;
    return now - known.askedAt >= (known.silence === undefined ? steadyMs : quietMs);
  }

  async #ask(
    spec: NodeSpec,
    { unit, role, state }: ProcessView,
    secrets: NodeSecrets,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#inFlight.add(unit);
    const { invocationId } = state;
    const now = this.#clock.now();
    const before = this.#asked.get(unit);
    const isSame = before !== undefined && before.invocationId === invocationId;
    const known: Asked = isSame
      ? { ...before, askedAt: now }
      : { invocationId, answer: undefined, heardAt: now, silence: undefined, askedAt: now, firstSeenAt: now };
    this.#asked.set(unit, known);
    try {
      const reading = await this.#probe(spec, role, secrets, signal, timeoutMs);
      if (signal.aborted || this.#asked.get(unit) !== known) {
        return;
      }
      this.#hasNews = true;
      if (reading.kind === "silent") {
        this.#asked.set(unit, { ...known, silence: reading.why });
      } else {
        const heardAt = this.#clock.now();
        this.#asked.set(unit, { ...known, answer: reading, heardAt, silence: undefined });
        if (known.answer === undefined) {
          this.#onAnswer();
        }
      }
    } finally {
      this.#inFlight.delete(unit);
    }
  }
}
