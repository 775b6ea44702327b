import { errorChain } from "../../lib/errors.ts";
import { Flood } from "../../lib/log/flood.ts";
import { randomId } from "../../lib/random-id.ts";
import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { Logger } from "../log/logger.ts";
import { StoreUnavailable } from "../store/contract/store.ts";
import { unavailable } from "./http-answer.ts";

/** A full disk fails every sync of the fleet: one line a minute is enough. */
const UNAVAILABLE = { burst: 1, refillMs: 60_000 };

function fixOf({ remedy }: StoreUnavailable): string {
  return remedy === undefined ? "" : ` ${remedy}`;
}

/**
 * Decides what a caller may know of an error. The text of a bug is logged and never sent: the
 * caller gets a reference. Of a failing store, callers hear the reason that /readyz shows as well,
 * and the operator hears where and what to do.
 */
export class ErrorDisclosure {
  private readonly logger: Logger;
  private readonly unavailable: Flood;
  private readonly onUnavailable: () => void;

  /** `now` is monotonic milliseconds. `onUnavailable`: a request failed because the store did. */
  constructor(logger: Logger, now: () => number, onUnavailable: () => void = () => {}) {
    this.logger = logger;
    this.onUnavailable = onUnavailable;
    this.unavailable = new Flood(UNAVAILABLE, now);
  }

  /** `isOperator`: the caller came by the management socket, and may know where a store fails. */
  toApiError(error: unknown, isOperator = false): ApiError {
    if (error instanceof ApiError) {
      return error;
    }
    if (error instanceof StoreUnavailable) {
      this.onUnavailable();
      this.noteUnavailable(error);
      return unavailable(error.message, isOperator ? error.remedy : undefined);
    }
    const reference = randomId().slice(-8);
    this.logger.error(
      { event: "bug", reference, err: error },
      `A request failed because of a bug (reference ${reference}). Please report it with these lines:`,
    );
    return new ApiError(
      ApiErrorCode.internal,
      `an internal error occurred; the control plane's log has it under reference ${reference}`,
    );
  }

  private noteUnavailable(error: StoreUnavailable): void {
    if (this.unavailable.admit("") === undefined) {
      return;
    }
    this.logger.error(
      { event: "store.unavailable", reason: errorChain(error) },
      `Requests get 503, because the database fails: ${error.message}.${fixOf(error)}`,
    );
  }
}
