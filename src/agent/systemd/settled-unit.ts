/** What `systemctl show` says of a unit that may be starting. */
export interface UnitMoment {
  readonly ActiveState: string;
  readonly SubState: string;
  readonly NRestarts: number;
  /** When its process was started last, µs since the boot; 0: never, or unknown. */
  readonly ExecMainStartTimestampMonotonic: number;
}

/** How to wait. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
  /** What is done once a wait becomes long enough to be noticed; `what` goes on just now. */
  readonly onWait: (what: string) => void;
  /** Ms since the boot. */
  readonly now: () => number;
}

const PAUSE_MS = 250;
/** A person notices. */
const NOTICED_MS = 1000;
const LONGEST_MS = 10_000;
/** For a start that began long ago, and may hang. */
const LONGEST_FOR_OLD_MS = 2000;
/** RestartSec= of our units is 2 s, so a start that fails at once is younger than this. */
const FRESH_MS = 5000;
/** A service that fails at once does not run for so long. */
const STEADY_MS = 2000;

/**
 * What systemd knows of a unit once it runs or has failed. While it starts, systemd does not say
 * how it ended the last time; and after a repair, what it says is about a start before that repair.
 * So a unit that is started again and again is judged by a start that began after the first look:
 * a loop of starts is still seen as one.
 */
export async function settledUnit<Unit extends UnitMoment>(
  read: () => Promise<Unit | undefined>,
  { signal, pause, onWait, now }: Patience,
): Promise<Unit | undefined> {
  const beganMs = now();
  let unit = await read();
  let waitedMs = 0;
  let steadyMs = unit?.ActiveState === "active" && unit.NRestarts === 0 ? STEADY_MS : 0;
  while (
    unit !== undefined &&
    !signal.aborted &&
    waitedMs < LONGEST_MS &&
    mayChange(unit, { waitedMs, steadyMs, beganMs }, now())
  ) {
    await pause(PAUSE_MS);
    waitedMs += PAUSE_MS;
    if (waitedMs === NOTICED_MS) {
      onWait("a service starts");
    }
    unit = await read();
    steadyMs = unit?.ActiveState === "active" ? steadyMs + PAUSE_MS : 0;
  }
  return unit;
}

interface Look {
  readonly waitedMs: number;
  /** For how long it has been seen running. */
  readonly steadyMs: number;
  readonly beganMs: number;
}

function mayChange(unit: UnitMoment, { waitedMs, steadyMs, beganMs }: Look, nowMs: number): boolean {
  const startedMs = unit.ExecMainStartTimestampMonotonic / 1000;
  const isFresh = startedMs > 0 && nowMs - startedMs < FRESH_MS;
  switch (unit.ActiveState) {
    case "active":
      return isFresh && steadyMs < STEADY_MS;
    case "deactivating":
      return waitedMs < LONGEST_FOR_OLD_MS;
    case "activating":
      return unit.SubState === "auto-restart"
        ? isFresh && startedMs < beganMs
        : isFresh || waitedMs < LONGEST_FOR_OLD_MS;
    default:
      return false;
  }
}
