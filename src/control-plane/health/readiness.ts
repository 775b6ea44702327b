import type { Store } from "../store/contract/store.ts";
import { StoreUnavailable } from "../store/contract/store.ts";

/** Whether requests should come here, and if not, a sentence that says why. */
export type Readiness =
  | {
      readonly isReady: true;
      /** What could go wrong with the database, although it answers. */
      readonly warning: string | undefined;
    }
  | { readonly isReady: false; readonly reason: string };

/** What a load balancer asks: does the store answer, and is the end of this process far away? */
export class ReadinessCheck {
  readonly #store: Store;
  #isDraining = false;

  constructor(store: Store) {
    this.#store = store;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on new requests should go elsewhere. Those that come are still answered. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Never rejects. */
  async judge(): Promise<Readiness> {
    if (this.#isDraining) {
      return { isReady: false, reason: "it is stopping: send requests elsewhere" };
    }
    try {
      const problem = this.#store.problem();
      if (problem !== undefined) {
        return { isReady: false, reason: problem.reason };
      }
      // First, because a database that is silent is given up soonest here: probes do not wait long.
      await this.#store.revision();
      await this.#store.organizations.list(1);
      return { isReady: true, warning: this.#store.risk()?.reason };
    } catch (error) {
      return {
        isReady: false,
        reason: error instanceof StoreUnavailable ? error.message : "the store failed",
      };
    }
  }
}
