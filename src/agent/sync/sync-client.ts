import { type Clock, systemClock } from "../../lib/clock.ts";
import { startDeadline, untilAborted } from "../../lib/deadline.ts";
import { errorCode } from "../../lib/errors.ts";
import { SYNC_EXECUTOR, SYNC_EXECUTOR_WITH_NODES } from "../../protocol/operations.ts";
import type { CurrentKeyReply, SignOffRequest, SyncRequest } from "../../protocol/sync.ts";
import { type ExecutorKey, revealKey } from "../key/executor-key.ts";
import { serverTimeMs, unreadable } from "./answer/http-answer.ts";
import { OriginMarks } from "./answer/origin-marks.ts";
import { createServerClock, type ServerClock } from "./answer/server-clock.ts";
import { type SyncOutcome, type Unreachable, unreachable } from "./answer/sync-outcome.ts";
import { addressOf, obstacleTo } from "./endpoint.ts";
import { unreachableByNetwork } from "./network/network-error.ts";
import { proxyRoute, type Route } from "./network/proxy-route.ts";
import { openTransport, type Transport } from "./network/transport.ts";
import { withNodesIfKnown } from "./nodes-fallback.ts";
import { CURRENT_KEY_OPERATION, type Operation, SIGN_OFF_OPERATION, syncOperation } from "./operation.ts";
import { type Post, type Progress, type Received, sendPost } from "./post.ts";

export interface SyncClientOptions {
  /** `AgentConfig.controlPlane.url`, without `/graphql`. */
  readonly url: string;
  readonly key: ExecutorKey;
  /** PEM, in addition to the default roots. */
  readonly caPem: string | undefined;
  /** A URL, `none`, or undefined: HTTPS_PROXY, ALL_PROXY and NO_PROXY of `environment`. */
  readonly proxy: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly userAgent: string;
  /** For a whole request, from the DNS lookup to the last byte of the answer. */
  readonly deadlineMs: number;
  /** Shared by the clients of a process; by default, nothing is known of any origin. */
  readonly marks?: OriginMarks;
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
  close(): Promise<void>;
}

/** Connecting may take this long, ms; the rest of the deadline is for the answer. */
const LONGEST_CONNECT_MS = 5000;

/**
 * The codes of a connection that the server closed while it was idle: a request that crossed with
 * the close is sent once more, at once.
 */
const STALE_CODES = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

export function createSyncClient(options: SyncClientOptions, clock: Clock = systemClock): SyncClient {
  const client = new HttpSyncClient(options, clock);
  const sync = syncOperation(SYNC_EXECUTOR);
  const withNodes = syncOperation(SYNC_EXECUTOR_WITH_NODES);
  return {
    sync: withNodesIfKnown(
      (request, signal) => client.ask(withNodes, request, signal),
      (request, signal) => client.ask(sync, request, signal),
      clock,
    ),
    currentKey: (input, signal) => client.ask(CURRENT_KEY_OPERATION, input, signal),
    signOff: (input, signal) => client.ask(SIGN_OFF_OPERATION, input, signal),
    close: () => client.close(),
  };
}

class HttpSyncClient {
  readonly #options: SyncClientOptions;
  readonly #endpoint: URL;
  readonly #route: Route;
  readonly #obstacle: Unreachable | undefined;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #marks: OriginMarks;
  #transport: Transport | undefined;
  #isClosed = false;

  constructor(options: SyncClientOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#serverClock = createServerClock(clock);
    this.#marks = options.marks ?? new OriginMarks();
    this.#endpoint = new URL(`${options.url.replace(/\/+$/, "")}/graphql`);
    this.#route = proxyRoute({ ...options, endpoint: this.#endpoint });
    this.#obstacle = obstacleTo(this.#endpoint, this.#route);
  }

  async ask<Reply>(
    operation: Operation<Reply>,
    input: SyncRequest | CurrentKeyInput | SignOffRequest,
    signal: AbortSignal,
  ): Promise<SyncOutcome<Reply> | undefined> {
    if (signal.aborted || this.#isClosed) {
      return undefined;
    }
    if (this.#obstacle !== undefined) {
      return this.#obstacle;
    }
    using deadline = startDeadline(this.#options.deadlineMs, signal);
    const progress: Progress = { status: undefined };
    try {
      const post = this.#post(operation, input);
      const received = await untilAborted(this.#send(post, progress, deadline.signal), deadline.signal);
      if (received !== undefined) {
        return this.#judge(received, operation);
      }
    } catch (error) {
      if (!deadline.signal.aborted && !this.#isClosed) {
        return this.#explain(error, progress);
      }
    }
    this.#abandon();
    return deadline.isPast() && !signal.aborted && !this.#isClosed ? this.#timedOut(progress) : undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#transport?.destroy();
  }

  #post(operation: Operation<unknown>, input: SyncRequest | CurrentKeyInput | SignOffRequest): Post {
    return {
      origin: this.#endpoint.origin,
      path: this.#endpoint.pathname,
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        authorization: `Bearer ${revealKey(this.#options.key)}`,
        "content-type": "application/json",
        "user-agent": this.#options.userAgent,
      },
      body: JSON.stringify({
        query: operation.document,
        operationName: operation.name,
        variables: { input },
      }),
    };
  }

  async #send(post: Post, progress: Progress, signal: AbortSignal): Promise<Received> {
    const transport = this.#connection();
    const isReused = transport.isConnected();
    try {
      return await sendPost(transport.dispatcher, post, progress);
    } catch (error) {
      const isStale = isReused && progress.status === undefined && STALE_CODES.has(errorCode(error) ?? "");
      const isAbandoned = transport !== this.#transport;
      if (signal.aborted || this.#isClosed || !(isStale || isAbandoned)) {
        throw error;
      }
      return await sendPost(this.#connection().dispatcher, post, progress);
    }
  }

  #connection(): Transport {
    this.#transport ??= openTransport({
      endpoint: this.#endpoint,
      proxy: this.#route.kind === "proxy" ? this.#route.proxy : undefined,
      caPem: this.#options.caPem,
      connectTimeoutMs: this.#connectTimeoutMs(),
    });
    return this.#transport;
  }

  /** After a request without an end: the next one starts with a new connection. */
  #abandon(): void {
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.destroy();
  }

  #judge<Reply>(received: Received, operation: Operation<Reply>): SyncOutcome<Reply> {
    const { host, origin } = this.#endpoint;
    const answer = {
      ...received,
      host,
      receivedAtMs: this.#wallMs(),
      sentFingerprint: this.#options.key.fingerprint,
      isMarkExpected: this.#marks.has(origin),
    };
    this.#serverClock.set(serverTimeMs(answer));
    // If the status reports a failure, that is the result, even if the body was not read.
    if (received.unreadable !== undefined && received.status < 300) {
      return unreadable(answer, received.unreadable);
    }
    const outcome = operation.judge(answer);
    this.#marks.note(origin, answer, outcome);
    return outcome;
  }

  #explain(error: unknown, { status }: Progress): Unreachable {
    return unreachableByNetwork(error, {
      address: addressOf(this.#endpoint),
      answerStatus: status,
      isTls: this.#endpoint.protocol === "https:",
      nowMs: this.#wallMs(),
      serverNowMs: this.#serverClock.now(),
      certificate: this.#transport?.certificate(),
      hasCaFile: this.#options.caPem !== undefined,
      proxyAddress: this.#route.kind === "proxy" ? addressOf(this.#route.proxy) : undefined,
      routeNote: this.#route.kind === "unusable" ? undefined : this.#route.note,
      isHandshaking: this.#transport?.isHandshaking() ?? false,
      connectTimeoutMs: this.#connectTimeoutMs(),
      isProxyFault: this.#transport?.isProxyFault(error) ?? false,
    });
  }

  #connectTimeoutMs(): number {
    return Math.min(LONGEST_CONNECT_MS, this.#options.deadlineMs);
  }

  #wallMs(): number {
    return this.#clock.wall(this.#clock.now());
  }

  #timedOut({ status }: Progress): Unreachable {
    const seconds = `${this.#options.deadlineMs / 1000} s`;
    const address = addressOf(this.#endpoint);
    const detail =
      status === undefined
        ? `no answer from ${address} within ${seconds}`
        : `${address} began an answer (${status}) but did not finish it within ${seconds}`;
    return unreachable("timeout", detail, { httpStatus: status });
  }
}
