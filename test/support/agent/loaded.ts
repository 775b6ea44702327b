import type { Loaded } from "../../../src/agent/config/load-config.ts";
import type { AgentConfig } from "../../../src/agent/config/schema/agent-config.ts";
import { ExecutorKey } from "../../../src/agent/key/executor-key.ts";
import type { KeyFinding } from "../../../src/agent/key/finding.ts";
import { type SyncOutcome, unreachable } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { step } from "../../../src/lib/text/remedy.ts";
import type { SyncReply } from "../../../src/protocol/sync.ts";

/** Inputs for tests of the agent's decisions, in place of files and a control plane. */

export const PATH = "/etc/novacula/agent.toml";
export const URL_A = "https://cp.example.com";

export interface ConfigChanges {
  readonly name?: string;
  readonly url?: string;
  readonly level?: "info" | "debug";
  readonly dataDir?: string;
}

export function configOf({ name, url, level, dataDir }: ConfigChanges = {}): AgentConfig {
  return {
    agent: {
      name: name ?? "agent-1",
      isNameSet: true,
      dataDir: dataDir ?? "/var/lib/novacula",
      runtimeDir: "/run/novacula",
      publicHost: undefined,
      channel: "stable",
    },
    controlPlane: {
      url: url ?? URL_A,
      accessTokenFile: undefined,
      credential: undefined,
      caFile: undefined,
      proxy: undefined,
      syncIntervalMs: 5000,
    },
    logging: { level: level ?? "info", format: undefined },
    reconciler: { intervalMs: 5000 },
    reporter: { intervalMs: 10_000, scrapeTimeoutMs: 5000 },
  };
}

let digests = 0;

function base() {
  digests += 1;
  return { path: PATH, digest: String(digests), files: [PATH] };
}

export function fileWith(
  secret: string,
  changes: ConfigChanges & { readonly findings?: readonly KeyFinding[] } = {},
): Extract<Loaded, { verdict: "usable" }> {
  return {
    ...base(),
    verdict: "usable",
    config: configOf(changes),
    lines: new Map(),
    key: new ExecutorKey(secret),
    caPem: undefined,
    keySource: "agent.toml line 7",
    findings: changes.findings ?? [],
  };
}

/** A key with white space inside. */
export function damagedFile(): Loaded {
  const finding: KeyFinding = {
    code: "inner-whitespace",
    severity: "refused",
    problem: "has U+0020 SPACE after character 20 (line 7, column 36)",
    remedy: "Copy the key again.",
  };
  const keySource = "agent.toml line 7";
  const parts = { config: configOf(), lines: new Map(), keySource, findings: [finding] };
  return { ...base(), verdict: "key-unusable", ...parts };
}

export function invalidFile(): Loaded {
  const issue = {
    code: "syntax",
    file: PATH,
    line: 7,
    problem: "is not valid TOML here",
    remedy: "Fix it.",
  };
  return { ...base(), verdict: "invalid", issues: [issue], config: undefined };
}

/** A file whose remedy is a command. */
export function lockedFile(): Loaded {
  const issue = {
    code: "unreadable",
    file: PATH,
    problem: "cannot be read by uid 998",
    remedy: [step("It is mode 0000, owner 998, group 998."), step("Fix:", `chmod 0600 ${PATH}`)],
  };
  return { ...base(), verdict: "invalid", issues: [issue], config: undefined };
}

export function replyOf(keyId = "k_1", changes: Partial<SyncReply> = {}): SyncReply {
  return {
    executor: { id: "e_1", name: "agent-1" },
    key: { id: keyId, name: "prod", expiresAt: null, revokesAt: null },
    organization: { id: "o_1", name: "Acme", slug: "acme" },
    heartbeatTimeoutMs: 30_000,
    syncIntervalMs: null,
    restartSpreadMs: 2400,
    compatibility: { verdict: "supported", recommendedVersion: null },
    duplicates: [],
    pendingUpgrade: null,
    nodes: null,
    ...changes,
  };
}

export function accepted(reply: SyncReply = replyOf(), serverTimeMs?: number): SyncOutcome {
  return { kind: "accepted", reply, serverTimeMs };
}

export function refused(reason?: string, retryAfterMs?: number): SyncOutcome {
  return {
    kind: "refused",
    reason,
    message: "Unauthorized",
    facts: {},
    isMarked: true,
    httpStatus: 401,
    serverTimeMs: undefined,
    retryAfterMs,
  };
}

export function forbidden(reason?: string): SyncOutcome {
  return {
    kind: "forbidden",
    reason,
    message: "Forbidden",
    facts: {},
    isMarked: true,
    httpStatus: 403,
    serverTimeMs: undefined,
    retryAfterMs: undefined,
  };
}

export function down(retryAfterMs?: number): SyncOutcome {
  return unreachable("connection-refused", "connection refused by cp.example.com:443", { retryAfterMs });
}
