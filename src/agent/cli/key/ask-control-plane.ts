import { isDeepStrictEqual } from "node:util";
import { systemClock } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { sentence } from "../../../lib/sentence.ts";
import { forAgent } from "../../../lib/shell-word.ts";
import { VERSION } from "../../../lib/version.ts";
import type { CurrentKeyReply } from "../../../protocol/sync.ts";
import { readCertificates } from "../../config/ca-source.ts";
import { readBoundedFile } from "../../config/file/read-file.ts";
import type { AgentConfig } from "../../config/schema/agent-config.ts";
import { withLines } from "../../config/setting-lines.ts";
import { adviseRefusal, codeOf, type KeyRoute } from "../../daemon/narration/refusal-advice.ts";
import { hostOf } from "../../daemon/narration/wording.ts";
import { readMemory, recallKey, recallOrganization } from "../../daemon/resources/memory.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { KeyFinding } from "../../key/finding.ts";
import { OriginMarks } from "../../sync/answer/origin-marks.ts";
import { fromOrganization, type Refusal, type UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { createSyncClient } from "../../sync/sync-client.ts";

/** The control plane's verdict on a key. Asking registers nothing. */
export type KeyVerdict = ({ readonly kind: "accepted"; readonly reply: CurrentKeyReply } | KeyObjection) & {
  /** Why no answer came, or none that says something of the key. */
  readonly cause?: UnreachableCause;
  /** Whether the server took the question, and was silent then. */
  readonly isConnected?: boolean | undefined;
  /** The control plane's clock, epoch ms, if the answer contains it. */
  readonly serverTimeMs?: number;
  /** Of the control plane's certificate; undefined if it is not known. */
  readonly hasAlternativeNames?: boolean | undefined;
  /** Of a certificate for other names; from outside. */
  readonly certificateNames?: readonly string[] | undefined;
  /** Whether only another key helps. */
  readonly needsKey?: boolean;
  /** Of a key that the control plane does not know: when it accepted it last, epoch ms. */
  readonly unknown?: { readonly acceptedAt: number | undefined } | undefined;
  /** Whether another key had replaced it. */
  readonly isReplaced?: boolean;
  /** Of a key of another organization than the executor's: slugs, or else the ID. */
  readonly moved?: { readonly own: string; readonly theirs: string | undefined } | undefined;
};

/** Why the key was refused, or why no answer came. */
export interface KeyObjection {
  readonly kind: "refused" | "unreachable";
  /** A clause. */
  readonly why: string;
  /** A sentence. */
  readonly remedy: string;
}

/** The key to ask about, and the facts that messages need. */
export interface KeyQuestion {
  readonly config: AgentConfig;
  readonly key: ExecutorKey;
  /** For messages: where the key is, or will be. */
  readonly keySource: string;
  /** The lines of the settings in agent.toml, and the path of that file, for messages. */
  readonly lines: ReadonlyMap<string, number>;
  readonly path: string;
  readonly findings: readonly KeyFinding[];
  /** For messages: how another key gets to the same place. */
  readonly route: KeyRoute;
  /** The host may move to the key's organization, so the remembered one is not sent. */
  readonly isMove: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** Where variables of proxies are set, for messages. */
  readonly variablePlaces?: ReadonlyMap<string, string> | undefined;
}

const DEADLINE_MS = 10_000;

/** How to provide another key: with `--key-file`, the clause `again`; otherwise, by set-key. */
export function keyRoute(keyFile: string | undefined, again: string): KeyRoute {
  return commandRoute(keyFile === undefined ? `Run ${forAgent("set-key")}` : again);
}

/** Whether it is that of the key in the files, which no `--key-file` replaces. */
export function isOwnRoute(route: KeyRoute): boolean {
  return isDeepStrictEqual(route, keyRoute(undefined, ""));
}

/** By the command `again`. */
export function commandRoute(again: string): KeyRoute {
  return { kind: "command", again, move: forAgent("set-key --new-organization") };
}

/**
 * Asks the control plane about the key, as the executor in the configuration. Takes at most 10 s.
 */
export async function askControlPlane(question: KeyQuestion, signal: AbortSignal): Promise<KeyVerdict> {
  const { config, key, environment, variablePlaces } = question;
  const caPem = await caPemOf(config);
  const { url, proxy } = config.controlPlane;
  const memory = await readMemory(config.agent.dataDir);
  const organization = question.isMove ? undefined : recallOrganization(memory, url);
  const client = createSyncClient({
    url,
    key,
    caPem,
    proxy,
    environment,
    ...(variablePlaces !== undefined && { variablePlaces }),
    userAgent: `novacula-agent/${VERSION}`,
    deadlineMs: DEADLINE_MS,
    marks: new OriginMarks(memory.markedOrigins),
  });
  try {
    const input = {
      executorName: config.agent.name,
      ...(organization !== undefined && { expectedOrganizationId: organization.id }),
    };
    const outcome = await client.currentKey(input, signal);
    if (outcome === undefined) {
      return { kind: "unreachable", why: "the question was interrupted", remedy: "Ask again." };
    }
    if (outcome.kind === "unreachable") {
      const { cause, detail, remedy, httpStatus, isConnected, certificateNames } = outcome;
      const later = httpStatus === undefined ? LATER : ITS_LOG;
      const placed = withLines(remedy ?? later, question.lines, printable(question.path, 4096));
      const seen = { cause, isConnected, certificateNames };
      return { kind: "unreachable", why: detail, remedy: sentence(placed), ...seen };
    }
    const { serverTimeMs } = outcome;
    const hasAlternativeNames = client.certificate()?.hasAlternativeNames;
    const time = { hasAlternativeNames, ...(serverTimeMs !== undefined && { serverTimeMs }) };
    if (outcome.kind === "accepted") {
      return { kind: "accepted", reply: outcome.reply, ...time };
    }
    const known = recallKey(memory, { fingerprint: key.fingerprint, url }, systemClock);
    const advice = advised(fromOrganization(outcome, organization), question, known);
    const why = `${hostOf(url)} refuses ${key} (${codeOf(outcome, true)}): ${advice.why}`;
    const needsKey = outcome.kind === "refused";
    const acceptedAt = known?.acceptedAt === undefined ? undefined : systemClock.wall(known.acceptedAt);
    const unknown = needsKey && outcome.reason === "unknown" ? { acceptedAt } : undefined;
    const isReplaced = needsKey && known?.newer !== undefined;
    const moved =
      outcome.reason === "wrong_organization" && organization !== undefined
        ? { own: organization.slug ?? organization.id, theirs: outcome.facts.organization }
        : undefined;
    return { kind: "refused", why, remedy: advice.remedy, needsKey, unknown, isReplaced, moved, ...time };
  } finally {
    await client.close();
  }
}

function advised(refusal: Refusal, question: KeyQuestion, known: ReturnType<typeof recallKey>) {
  const { config, keySource, findings, route, lines, path } = question;
  const { name: executorName, isNameSet } = config.agent;
  const { acceptedAt, newer, keyEndsAt } = known ?? {};
  const refused = { executorName, isNameSet, keySource, findings, acceptedAt, newer, keyEndsAt };
  const { why, remedy } = adviseRefusal(refusal, refused, systemClock, route);
  return { why, remedy: withLines(remedy, lines, printable(path, 4096)) };
}

/** The configuration is valid, so its CA file has been parsed before. */
export async function caPemOf({ controlPlane }: AgentConfig): Promise<string | undefined> {
  if (controlPlane.caFile === undefined) {
    return undefined;
  }
  const read = await readBoundedFile(controlPlane.caFile);
  const ca = read.kind === "read" ? readCertificates(read.bytes, controlPlane.caFile) : undefined;
  return ca?.kind === "certificates" ? ca.pem : undefined;
}

const ITS_LOG =
  "Nothing on this host seems wrong. On the control plane's host, run: sudo journalctl -u novacula-control-plane";
const LATER = "Try again when the control plane answers.";
