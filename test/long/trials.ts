import { violation } from "../support/nodes/hand-grammar.ts";
import { NastyRequests } from "../support/nodes/nasty-requests.ts";
import { RecordedHand } from "../support/nodes/recorded-hand.ts";

/** Something that is tried very often, in batches that do not depend on each other. */
export interface Trial {
  readonly name: string;
  /** A sentence for the results. */
  readonly what: string;
  readonly goal: number;
  readonly batch: number;
  /** Tries `count` times with this seed; rejects if one goes wrong. */
  run(seed: number, count: number): Promise<void>;
}

export const TRIALS: readonly Trial[] = [
  {
    name: "hand-requests",
    what: "requests to the hand; only those that keep to the grammar reached systemd",
    goal: 100_000,
    batch: 1000,
    async run(seed, count) {
      const hand = new RecordedHand();
      try {
        const requests = new NastyRequests(seed);
        for (let sent = 0; sent < count; sent += 1) {
          const bytes = requests.next();
          const found = violation(bytes, await hand.send(bytes));
          if (found !== undefined) {
            throw new Error(found);
          }
        }
      } finally {
        hand.close();
      }
    },
  },
];
