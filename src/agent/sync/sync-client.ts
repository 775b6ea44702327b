import { type Clock, systemClock } from "../../lib/clock.ts";
import { SYNC_EXECUTOR, SYNC_EXECUTOR_WITH_NODES } from "../../protocol/operations.ts";
import type { CurrentKeyReply, SignOffRequest, SyncRequest } from "../../protocol/sync.ts";
import { type ExecutorKey, revealKey } from "../key/executor-key.ts";
import { OriginMarks } from "./answer/origin-marks.ts";
import type { SyncOutcome, Unreachable } from "./answer/sync-outcome.ts";
import { Connection } from "./connection.ts";
import { obstacleTo } from "./endpoint.ts";
import type { PeerCertificate } from "./network/peer-certificate.ts";
import { proxyRoute } from "./network/proxy-route.ts";
import { withNodesIfKnown } from "./nodes-fallback.ts";
import { CURRENT_KEY_OPERATION, type Operation, SIGN_OFF_OPERATION, syncOperation } from "./operation.ts";
import type { Post } from "./post.ts";

export interface SyncClientOptions {
  /** `AgentConfig.controlPlane.url`, without `/graphql`. */
  readonly url: string;
  readonly key: ExecutorKey;
  /** PEM, in addition to the default roots. */
  readonly caPem: string | undefined;
  /** A URL, `none`, or undefined: HTTPS_PROXY, ALL_PROXY and NO_PROXY of `environment`. */
  readonly proxy: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Where variables of proxies are set, for messages. */
  readonly variablePlaces?: ReadonlyMap<string, string>;
  readonly userAgent: string;
  /** For a whole request, from the DNS lookup to the last byte of the answer. */
  readonly deadlineMs: number;
  /** Shared by the clients of a process; by default, nothing is known of any origin. */
  readonly marks?: OriginMarks;
  /** The connection was to be replaced, and the new one does not work; the old one stays in use. */
  readonly onKeptConnection?: (problem: Unreachable) => void;
}

export interface CurrentKeyInput {
  readonly executorName: string;
  readonly expectedOrganizationId?: string;
}

/**
 * The only place in the agent that makes requests. Undefined means that `signal` or `close` ended
 * the request; nothing that a network or a server does makes it reject.
 */
export interface SyncClient {
  sync(request: SyncRequest, signal: AbortSignal): Promise<SyncOutcome | undefined>;
  currentKey(input: CurrentKeyInput, signal: AbortSignal): Promise<SyncOutcome<CurrentKeyReply> | undefined>;
  signOff(input: SignOffRequest, signal: AbortSignal): Promise<SyncOutcome<boolean> | undefined>;
  /** What the control plane presented; undefined without TLS. */
  certificate(): PeerCertificate | undefined;
  /** The next request uses a new connection, if one can be made. */
  renewConnection(): void;
  close(): Promise<void>;
}

/** `random` is uniform in [0, 1). */
export function createSyncClient(
  options: SyncClientOptions,
  clock: Clock = systemClock,
  random: () => number = Math.random,
): SyncClient {
  const client = new HttpSyncClient(options, clock, random);
  const sync = syncOperation(SYNC_EXECUTOR);
  const withNodes = syncOperation(SYNC_EXECUTOR_WITH_NODES);
  return {
    sync: withNodesIfKnown(
      (request, signal, isTrial) => client.ask(withNodes, request, signal, isTrial),
      (request, signal) => client.ask(sync, request, signal),
      clock,
    ),
    currentKey: (input, signal) => client.ask(CURRENT_KEY_OPERATION, input, signal),
    signOff: (input, signal) => client.ask(SIGN_OFF_OPERATION, input, signal),
    certificate: () => client.certificate(),
    renewConnection: () => client.renewConnection(),
    close: () => client.close(),
  };
}

class HttpSyncClient {
  readonly #options: SyncClientOptions;
  readonly #endpoint: URL;
  readonly #obstacle: Unreachable | undefined;
  readonly #connection: Connection;

  constructor(options: SyncClientOptions, clock: Clock, random: () => number) {
    this.#options = options;
    this.#endpoint = new URL(`${options.url.replace(/\/+$/, "")}/graphql`);
    const route = proxyRoute({ ...options, endpoint: this.#endpoint });
    this.#obstacle = obstacleTo(this.#endpoint, route);
    const { proxy, setting, without } = route.kind === "proxy" ? route : {};
    const routeNote = route.kind === "unusable" ? undefined : route.note;
    const { key, caPem, deadlineMs, marks = new OriginMarks(), onKeptConnection: onKept } = options;
    const endpoint = this.#endpoint;
    const destination = { endpoint, proxy, proxySetting: setting, withoutProxy: without, routeNote, caPem };
    this.#connection = new Connection(
      { ...destination, sentFingerprint: key.fingerprint, marks, deadlineMs, onKept },
      clock,
      random,
    );
  }

  async ask<Reply>(
    { name, document, judge }: Operation<Reply>,
    input: SyncRequest | CurrentKeyInput | SignOffRequest,
    signal: AbortSignal,
    isTrial = false,
  ): Promise<SyncOutcome<Reply> | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    if (this.#obstacle !== undefined) {
      return this.#obstacle;
    }
    const body = JSON.stringify({ query: document, operationName: name, variables: { input } });
    return await this.#connection.exchange(this.#post(body), judge, signal, isTrial);
  }

  certificate(): PeerCertificate | undefined {
    return this.#connection.certificate();
  }

  renewConnection(): void {
    this.#connection.renew();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #post(body: string): Post {
    return {
      origin: this.#endpoint.origin,
      path: this.#endpoint.pathname,
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        authorization: `Bearer ${revealKey(this.#options.key)}`,
        "content-type": "application/json",
        "user-agent": this.#options.userAgent,
      },
      body,
    };
  }
}
