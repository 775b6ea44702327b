import type { NodesReply } from "../../protocol/nodes/node-exchange.ts";
import type { CurrentKeyReply, SyncReply } from "../../protocol/sync.ts";
import { ApiError, ApiErrorCode } from "../api-error.ts";
import type { CurrentKeyInput, SignOffInput, SyncInput } from "../graphql/request/inputs.ts";
import { judge } from "../keys/authenticate.ts";
import type { DamageLog } from "../log/damage-log.ts";
import type { RefusalLog } from "../log/refusal-log.ts";
import type { NodeExchange } from "../nodes/node-exchange.ts";
import type { BoundExecutor, LineageReader } from "../store/contract/executors.ts";
import type { PresentedKey } from "../store/contract/keys.ts";
import type { ExecutorReference } from "../store/contract/references.ts";
import type { SyncLookups, Transactions } from "../store/contract/store.ts";
import { type ActivityWriter, moved } from "./activity-writer.ts";
import {
  type Admission,
  type AdmissionReads,
  admissionFacts,
  admissionRefusal,
  admit,
  type Claim,
  claimOf,
} from "./admission.ts";
import { compatibility } from "./compatibility.ts";
import { EnrolmentLimit, enrol, requireVisibleName } from "./enrolment.ts";
import { type ExecutorCaller, identified } from "./executor-caller.ts";
import { restartSpreadMs } from "./pace/restart-spread.ts";
import type { SyncPace } from "./pace/sync-pace.ts";
import type { Presence } from "./presence/presence.ts";
import { RefusalNotes, syncOf } from "./refusal-notes.ts";

interface ExecutorSyncDeps {
  readonly store: Transactions & { readonly executors: LineageReader };
  readonly lookups: SyncLookups;
  readonly activityWriter: ActivityWriter;
  readonly presence: Presence;
  readonly nodeExchange: NodeExchange;
  readonly refusals: RefusalLog;
  readonly damages: DamageLog;
  readonly pace: Pick<SyncPace, "timeoutMs" | "askedIntervalMs" | "factor">;
  /** How many existing executors the keys of one lineage may have enrolled. */
  readonly maxExecutorsPerKey: number;
  readonly monotonicNow: () => number;
  readonly version: string;
  readonly now: () => number;
}

/** `nodes` is undefined exactly if the request has none. */
type SyncAnswer = Omit<SyncReply, "nodes"> & { readonly nodes: NodesReply | undefined };

/** The executor, if it exists, and whether the key may act for it. */
interface Look {
  readonly executor: ExecutorReference | undefined;
  /** The key that the executor is bound to. */
  readonly boundTo: string | null;
  readonly admission: Admission;
}

interface Binding {
  readonly executor: ExecutorReference;
  readonly isNew: boolean;
}

/**
 * Answers `syncExecutor` and `currentKey` for a valid key. Rejects with an ApiError if the key may
 * not act for the executor: FORBIDDEN with its reason, or RATE_LIMITED.
 */
export class ExecutorSync {
  private readonly deps: ExecutorSyncDeps;
  /** For a first look, outside any transaction. */
  private readonly reads: AdmissionReads;
  private readonly enrolments: EnrolmentLimit;
  private readonly refusals: RefusalNotes;

  constructor(deps: ExecutorSyncDeps) {
    this.deps = deps;
    this.reads = { executors: deps.lookups.executors, lineages: deps.store.executors };
    this.enrolments = new EnrolmentLimit(deps.monotonicNow);
    this.refusals = new RefusalNotes(deps);
  }

  /** The heartbeat. Its activity is written within seconds, and a new binding before the answer. */
  async sync(caller: ExecutorCaller, input: SyncInput): Promise<SyncAnswer> {
    const { presence, nodeExchange, pace, version, now } = this.deps;
    const binding = await this.admittedExecutor(caller, input);
    const { executor } = binding;
    const at = now();
    const duplicates = this.noteSync(caller, input, binding, at);
    return {
      executor,
      ...identified(caller.key),
      heartbeatTimeoutMs: pace.timeoutMs,
      syncIntervalMs: pace.askedIntervalMs,
      restartSpreadMs: restartSpreadMs(presence.count, pace.factor),
      compatibility: compatibility(input.version, version),
      duplicates: [...duplicates],
      pendingUpgrade: null,
      nodes: input.nodes === undefined ? undefined : await nodeExchange.answer(executor, input.nodes, at),
    };
  }

  /**
   * Returns the duplicates. A request that a slow network delivers after its process has signed off
   * is no sign of life: the executor stays offline, or on its new process.
   */
  private noteSync(caller: ExecutorCaller, input: SyncInput, { executor, isNew }: Binding, at: number) {
    const { presence, activityWriter } = this.deps;
    const { instanceId, hostName, process } = input;
    if (presence.hasLeft(executor.id, instanceId)) {
      return [];
    }
    const { key, address } = caller;
    activityWriter.note({ kind: "synced", executorId: executor.id, key, declaration: input, address, at });
    return presence.sync(executor, { instanceId, hostName, address, lastSyncAt: at, process }, isNew);
  }

  /** The same verdict as `sync`. It records only the last use of the key. */
  async currentKey(caller: ExecutorCaller, input: CurrentKeyInput): Promise<CurrentKeyReply> {
    await this.requireAdmitted(caller, input, "currentKey");
    return identified(caller.key);
  }

  /**
   * The process will not sync again. Resolves with whether it was known. The executor counts as
   * offline at once; that this is logged waits for the timeout, so that a restart is no event.
   */
  async signOff(caller: ExecutorCaller, { executorName, instanceId }: SignOffInput): Promise<boolean> {
    const claim = { executorName, expectedOrganizationId: undefined };
    const { executor, admission } = await this.requireAdmitted(caller, claim, "signOffExecutor");
    if (executor === undefined || !admission.isBound) {
      return false;
    }
    const { presence, activityWriter, now } = this.deps;
    const at = now();
    const wasKnown = presence.signOff(executor.id, instanceId, at);
    if (wasKnown && presence.hasStopped(executor.id)) {
      activityWriter.note({ kind: "stopped", executorId: executor.id, at });
    }
    return wasKnown;
  }

  private async requireAdmitted(caller: ExecutorCaller, claim: Omit<Claim, "kind">, operation: string) {
    const { executor, admission } = await this.look(this.reads, caller.key, { ...claim, kind: undefined });
    if (admission.kind === "admitted") {
      return { executor, admission };
    }
    const error = admissionRefusal(caller.key, admission);
    throw this.refusals.log(error, caller, { operation, executorName: claim.executorName });
  }

  private async admittedExecutor(caller: ExecutorCaller, input: SyncInput): Promise<Binding> {
    const first = await this.look(this.reads, caller.key, claimOf(input));
    const isToBind = first.admission.kind === "admitted" && !first.admission.isBound;
    if (isToBind && first.executor === undefined) {
      this.requirePlace(caller, input);
    }
    const { executor, admission } = isToBind ? await this.bind(caller, input) : first;
    if (admission.kind === "refused") {
      throw this.refusals.ofAdmission(caller, input, executor, admission);
    }
    if (executor === undefined) {
      throw new TypeError("an admitted sync has no executor");
    }
    return { executor: { id: executor.id, name: executor.name }, isNew: first.executor === undefined };
  }

  /**
   * Runs before anything is written: an enrolment waits for the disk, and others wait behind it.
   */
  private requirePlace(caller: ExecutorCaller, input: SyncInput): void {
    const error = this.enrolments.refusal(caller.key, input.name);
    if (error !== undefined) {
      throw this.refusals.log(error, caller, { ...syncOf(input), reason: "too_many_enrolments" });
    }
  }

  /**
   * Decides again inside a transaction: the key may have been revoked, or the executor taken over.
   */
  private bind(caller: ExecutorCaller, input: SyncInput): Promise<Look> {
    const { store, now } = this.deps;
    return store.transaction(async (transaction) => {
      const key = await transaction.keys.byId(caller.key.id);
      const verdict = key === undefined ? undefined : await judge(key, transaction.keys, now());
      if (verdict?.kind !== "accepted") {
        throw this.refusals.goneSince(caller, input, verdict?.reason ?? "unknown");
      }
      const look = await this.look(
        { executors: transaction.executors, lineages: transaction.executors },
        verdict.key,
        claimOf(input),
      );
      const { executor } = look;
      if (look.admission.kind === "refused") {
        return look;
      }
      const bound = executor ?? (await enrol(transaction.executors, verdict.key, input, now()));
      await transaction.executors.bind(bound.id, verdict.key, input.kind);
      const { key: used } = verdict;
      const { address } = caller;
      const at = now();
      const isMoved = executor !== undefined && look.boundTo !== used.id;
      await transaction.record([
        { kind: "synced", executorId: bound.id, key: used, declaration: input, address, at },
        ...(isMoved ? [moved(bound.id, { kind: "key_changed", at, cause: null, address })] : []),
      ]);
      return { ...look, executor: bound };
    });
  }

  private async look(reads: AdmissionReads, key: PresentedKey, claim: Claim): Promise<Look> {
    const facts = await admissionFacts(reads, key, claim, this.deps.maxExecutorsPerKey);
    if (facts.executor !== undefined) {
      this.meetDamage(facts.executor);
    }
    const admission = admit(facts);
    // Only for new executors: existing ones keep their name.
    if (facts.executor === undefined && admission.kind === "admitted") {
      requireVisibleName(claim.executorName);
    }
    return { executor: facts.executor, boundTo: facts.executor?.keyId ?? null, admission };
  }

  /** A sync repairs most damage, because it writes these columns. Without an id it cannot write. */
  private meetDamage(executor: BoundExecutor): void {
    this.deps.damages.note("executor", executor.id, executor);
    if (executor.damaged.includes("id")) {
      throw new ApiError(
        ApiErrorCode.unavailable,
        "the control plane's record of this executor is damaged: the operator of the control plane must repair it",
      );
    }
  }
}
