import type { Clock } from "../../lib/clock.ts";
import type { SyncRequest } from "../../protocol/sync.ts";
import type { SyncOutcome, UnreachableCause } from "./answer/sync-outcome.ts";

type Ask = (request: SyncRequest, signal: AbortSignal) => Promise<SyncOutcome | undefined>;
/** `isTrial`: the control plane may be one that does not know nodes. */
type AskWithNodes = (
  request: SyncRequest,
  signal: AbortSignal,
  isTrial: boolean,
) => Promise<SyncOutcome | undefined>;

/**
 * A control plane that does not know nodes refuses a request that asks for them, and one whose
 * answer about nodes cannot be used must not keep the executor offline: the request is repeated at
 * once without nodes, and without all else that came with them. If that works, nodes are asked for
 * again after an hour.
 */
const WITHOUT_NODES_CAUSES: ReadonlySet<string> = new Set([
  "rejected-request",
  "answer-malformed",
  "answer-too-large",
] satisfies UnreachableCause[]);
const ASK_AGAIN_MS = 3_600_000;

/**
 * Asks with nodes, or without if the control plane does not know them. Where the process runs is
 * told from the first sync on, when nothing may be known of nodes yet.
 */
export function withNodesIfKnown(askWithNodes: AskWithNodes, askWithout: Ask, clock: Clock): Ask {
  let withoutUntil = Number.NEGATIVE_INFINITY;
  let isTrial = true;
  return async (request, signal) => {
    const { nodes, process, ...plain } = request;
    const hasNeither = nodes === undefined && process === undefined;
    if (hasNeither || clock.now() < withoutUntil) {
      return await askWithout(plain, signal);
    }
    const outcome = await askWithNodes(request, signal, isTrial);
    if (outcome?.kind === "accepted") {
      isTrial = false;
    }
    if (outcome?.kind !== "unreachable" || !WITHOUT_NODES_CAUSES.has(outcome.cause)) {
      return outcome;
    }
    const again = await askWithout(plain, signal);
    if (again?.kind === "accepted") {
      isTrial = true;
      withoutUntil = clock.now() + ASK_AGAIN_MS;
    }
    return again;
  };
}
