import type { SecureContext } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { startDeadline, untilAborted } from "../../lib/deadline.ts";
import { serverTimeMs, unreadable } from "./answer/http-answer.ts";
import type { Judge } from "./answer/last-answer.ts";
import type { OriginMarks } from "./answer/origin-marks.ts";
import { createServerClock, type ServerClock } from "./answer/server-clock.ts";
import type { SyncOutcome, Unreachable } from "./answer/sync-outcome.ts";
import { ConnectionAge } from "./connection-age.ts";
import {
  type ConnectLimits,
  connectLimits,
  type Destination,
  explainDeadline,
  explainFailure,
  wasClosedIdle,
} from "./failed-exchange.ts";
import { NameLookUp, UnfinishedLookUp } from "./network/name-lookup.ts";
import type { PeerCertificate } from "./network/peer-certificate.ts";
import { openTransport, type Transport, trustedRoots } from "./network/transport.ts";
import { type Post, type Progress, type Received, sendPost } from "./post.ts";

interface ConnectionOptions extends Destination {
  readonly sentFingerprint: string;
  readonly marks: OriginMarks;
  /** For a whole exchange, ms. */
  readonly deadlineMs: number;
  readonly onKept: ((problem: Unreachable) => void) | undefined;
}

interface AttemptLimits extends Pick<ConnectionOptions, "deadlineMs"> {
  readonly deadline: ReturnType<typeof startDeadline>;
  readonly transport?: Transport;
}

/**
 * The connection to one control plane. It is replaced every few minutes, and the old one stays in
 * use until an exchange over the new one has worked.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #serverClock: ServerClock;
  readonly #names: NameLookUp;
  readonly #limits: ConnectLimits;
  readonly #age: ConnectionAge;
  #secureContext: SecureContext | undefined;
  #transport: Transport | undefined;
  /** Why the connection in use could not be replaced. */
  #problem: Unreachable | undefined;
  #isReported = false;
  #isClosed = false;

  constructor(options: ConnectionOptions, clock: Clock, random: () => number) {
    this.#options = options;
    this.#clock = clock;
    this.#serverClock = createServerClock(clock);
    this.#names = new NameLookUp((options.proxy ?? options.endpoint).hostname, clock);
    this.#limits = connectLimits(options.deadlineMs);
    this.#age = new ConnectionAge(clock, random);
  }

  /**
   * Sends the request and judges the answer; undefined if `signal` or `close` ended it. A good
   * control plane may decline a trial, so no new connection is judged by one.
   */
  async exchange<Reply>(
    post: Post,
    judge: Judge<Reply>,
    signal: AbortSignal,
    isTrial: boolean,
  ): Promise<SyncOutcome<Reply> | undefined> {
    if (this.#isClosed) {
      return undefined;
    }
    using deadline = startDeadline(this.#options.deadlineMs, signal);
    const replaced = isTrial ? undefined : await this.#overReplacement(post, judge, deadline);
    if (replaced !== undefined || deadline.signal.aborted) {
      return replaced;
    }
    const send = (progress: Progress) => this.#send(post, progress, signal);
    const outcome = await this.#attempt(send, judge, { ...this.#options, deadline });
    if (deadline.signal.aborted) {
      this.#abandon();
    } else if (outcome !== undefined) {
      this.#age.note(outcome);
      this.#reportProblem(outcome);
    }
    return outcome;
  }

  readonly certificate = (): PeerCertificate | undefined => this.#transport?.certificate();

  /** The next exchange uses a new connection, if one can be made. */
  renew(): void {
    this.#names.forget();
    this.#age.end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#transport?.destroy();
  }

  /** Undefined if it is not time, or if the replacement does not work: then the old one is used. */
  async #overReplacement<Reply>(post: Post, judge: Judge<Reply>, deadline: AttemptLimits["deadline"]) {
    const isDue = this.#age.isOver() && this.#transport?.isConnected();
    if (!isDue || !(await this.#isNameKnown(deadline.signal))) {
      return undefined;
    }
    const transport = this.#open();
    const deadlineMs = this.#options.deadlineMs / 2;
    using half = startDeadline(deadlineMs, deadline.signal);
    const send = (progress: Progress) => sendPost(transport.dispatcher, post, progress);
    const outcome = await this.#attempt(send, judge, { deadline: half, deadlineMs, transport });
    if (outcome === undefined || outcome.kind === "unreachable") {
      void transport.destroy();
      this.#age.prolong();
      this.#problem = outcome;
      return undefined;
    }
    void this.#transport?.destroy();
    this.#use(transport);
    this.#age.note(outcome);
    return outcome;
  }

  /** The look-up for a replacement goes on beside the exchanges. */
  async #isNameKnown(signal: AbortSignal): Promise<boolean> {
    try {
      await untilAborted(this.#names.prepare(), signal);
      return !signal.aborted;
    } catch (error) {
      if (!(error instanceof UnfinishedLookUp) || this.#age.isLongOver()) {
        this.#age.prolong();
        this.#problem = await this.#explain(error, { status: undefined });
      }
      return false;
    }
  }

  /** Once for each connection, while syncs work over it. */
  #reportProblem({ kind }: SyncOutcome<unknown>): void {
    if (kind === "accepted" && this.#problem !== undefined && !this.#isReported) {
      this.#isReported = true;
      this.#options.onKept?.(this.#problem);
    }
  }

  async #attempt<Reply>(
    send: (progress: Progress) => Promise<Received>,
    judge: Judge<Reply>,
    { deadline, deadlineMs, transport }: AttemptLimits,
  ): Promise<SyncOutcome<Reply> | undefined> {
    const progress: Progress = { status: undefined };
    try {
      const received = await untilAborted(send(progress), deadline.signal);
      if (received !== undefined) {
        return this.#judge(received, judge);
      }
    } catch (error) {
      if (!deadline.signal.aborted && !this.#isClosed) {
        return await this.#explain(error, progress, transport);
      }
    }
    if (!deadline.isPast() || this.#isClosed) {
      return undefined;
    }
    const lookUpMs = this.#names.tookMs();
    const isDirect = this.#options.proxy === undefined;
    return explainDeadline(this.#options.endpoint, { ...progress, deadlineMs, lookUpMs, isDirect });
  }

  async #send(post: Post, progress: Progress, signal: AbortSignal): Promise<Received> {
    const transport = this.#current();
    const isReused = transport.isConnected();
    try {
      return await sendPost(transport.dispatcher, post, progress);
    } catch (error) {
      const isStale = isReused && progress.status === undefined && wasClosedIdle(error);
      const isAbandoned = transport !== this.#transport;
      if (signal.aborted || this.#isClosed || !(isStale || isAbandoned)) {
        throw error;
      }
      return await sendPost(this.#current().dispatcher, post, progress);
    }
  }

  #current(): Transport {
    const transport = this.#transport ?? this.#open();
    if (!transport.isConnected()) {
      this.#use(transport);
    }
    return transport;
  }

  /** From now on, and until it has become old. */
  #use(transport: Transport): void {
    this.#transport = transport;
    this.#problem = undefined;
    this.#isReported = false;
    this.#age.restart();
  }

  #open(): Transport {
    const { endpoint, proxy, caPem } = this.#options;
    if (endpoint.protocol === "https:") {
      this.#secureContext ??= trustedRoots(caPem);
    }
    const secureContext = this.#secureContext;
    return openTransport({ endpoint, proxy, secureContext, names: this.#names, ...this.#limits });
  }

  /** After a request without an end: the next one starts with a new connection. */
  #abandon(): void {
    void this.#transport?.destroy();
    this.#transport = undefined;
  }

  #judge<Reply>(received: Received, judge: Judge<Reply>): SyncOutcome<Reply> {
    const { sentFingerprint, marks } = this.#options;
    const { host, origin, href: endpoint } = this.#options.endpoint;
    const about = { host, endpoint, sentFingerprint, isMarkExpected: marks.has(origin) };
    const answer = { ...received, ...about, receivedAtMs: this.#wallMs() };
    this.#serverClock.set(serverTimeMs(answer));
    // If the status reports a failure, that is the result, even if the body was not read.
    if (received.unreadable !== undefined && received.status < 300) {
      return unreadable(answer, received.unreadable);
    }
    const outcome = judge(answer);
    marks.note(origin, answer, outcome);
    return outcome;
  }

  async #explain(error: unknown, { status }: Progress, transport = this.#transport): Promise<Unreachable> {
    return await explainFailure(error, {
      ...this.#options,
      ...this.#limits,
      transport,
      answerStatus: status,
      nowMs: this.#wallMs(),
      serverNowMs: this.#serverClock.now(),
    });
  }

  #wallMs(): number {
    return this.#clock.wall(this.#clock.now());
  }
}
