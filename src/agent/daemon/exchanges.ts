import { randomUUID } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutorProcess } from "../../protocol/sync.ts";
import { fromOrganization, type KnownOrganization, type SyncOutcome } from "../sync/answer/sync-outcome.ts";
import type { SyncClient } from "../sync/sync-client.ts";
import { createClients } from "./clients.ts";
import type { NodesPart } from "./nodes-part.ts";
import { createHostMeter } from "./resources/host-resources.ts";
import type { Generation } from "./rotation/generation.ts";
import type { Rotation } from "./rotation/rotation.ts";
import { buildSyncRequest } from "./sync-request.ts";

/** How long a stop waits for the request in flight, ms: the whole stop must end within 2 s. */
const STOP_GRACE_MS = 1000;
/** How long a stop waits for the control plane to hear of it, ms. Nothing depends on it. */
const SIGN_OFF_MS = 500;

/** The requests of this process: one at a time, each by the client of its generation. */
export interface Exchanges {
  /**
   * Resolves with undefined if the request was abandoned: by `abandon`, or a second after `signal`
   * aborted.
   */
  attempt(generation: Generation, signal: AbortSignal): Promise<SyncOutcome | undefined>;
  /** Tells the control plane that this process stops. Nothing depends on it. */
  signOff(generation: Generation): Promise<void>;
  /** The id of the generation whose request is in flight. */
  inFlight(): number | undefined;
  abandon(): void;
  /** The next request of each generation uses a new connection, if one can be made. */
  renewConnections(): void;
  /** Closes the connections of generations that are no longer in `rotation`. */
  keepOnly(rotation: Rotation): void;
  /** Generations other than this one may belong to a new organization; -1: all of them. */
  allowNewOrganization(exceptGenerationId: number): void;
  close(): Promise<void>;
}

export function createExchanges(
  createClient: (generation: Generation) => SyncClient,
  recallOrganization: (url: string) => KnownOrganization | undefined,
  nodesPart: Pick<NodesPart, "report" | "synced">,
  self: ExecutorProcess | undefined,
  clock: Clock,
): Exchanges {
  const instanceId = randomUUID();
  const clients = createClients(createClient);
  const hostResources = createHostMeter(clock);
  let current: { readonly generationId: number; readonly controller: AbortController } | undefined;
  let movingFrom: number | undefined;

  function expectedOrganization({ id, config }: Generation): KnownOrganization | undefined {
    const isMoving = movingFrom !== undefined && id !== movingFrom;
    return isMoving ? undefined : recallOrganization(config.controlPlane.url);
  }

  return {
    async attempt(generation, signal) {
      const controller = new AbortController();
      let grace: NodeJS.Timeout | undefined;
      const stop = () => {
        grace = setTimeout(() => controller.abort(), STOP_GRACE_MS);
      };
      signal.addEventListener("abort", stop);
      current = { generationId: generation.id, controller };
      try {
        const { config } = generation;
        const resources = await hostResources(config.agent.dataDir);
        const organization = expectedOrganization(generation);
        const nodes = nodesPart.report();
        const expectedOrganizationId = organization?.id;
        const facts = { instanceId, resources, expectedOrganizationId, nodes, process: self };
        const outcome = await clients.of(generation).sync(buildSyncRequest(config, facts), controller.signal);
        if (outcome?.kind === "accepted") {
          movingFrom = generation.id === movingFrom ? movingFrom : undefined;
          nodesPart.synced(nodes, outcome.reply);
        }
        return outcome && fromOrganization(outcome, organization);
      } finally {
        current = undefined;
        clearTimeout(grace);
        signal.removeEventListener("abort", stop);
      }
    },
    async signOff(generation) {
      const input = { executorName: generation.config.agent.name, instanceId };
      await clients.of(generation).signOff(input, AbortSignal.timeout(SIGN_OFF_MS));
    },
    inFlight: () => current?.generationId,
    abandon: () => current?.controller.abort(),
    renewConnections: () => clients.renewConnections(),
    keepOnly: (rotation) => clients.closeOthers(rotation),
    allowNewOrganization(exceptGenerationId) {
      movingFrom = exceptGenerationId;
    },
    close: () => clients.closeAll(),
  };
}
