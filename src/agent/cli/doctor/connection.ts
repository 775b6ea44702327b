import { stat } from "node:fs/promises";
import { readAccounts } from "../../../lib/accounts.ts";
import { withCommand } from "../../../lib/text/remedy.ts";
import { endOfKey } from "../../../protocol/sync.ts";
import type { Loaded } from "../../config/load-config.ts";
import { checkConnection, connectionUnchecked } from "../../doctor/check-connection.ts";
import type { Connection } from "../../doctor/connection/exchange.ts";
import type { Check } from "../../doctor/examination.ts";
import { leadsThere, portOf } from "../../doctor/local/local-address.ts";
import { isAboutCertificate } from "../../doctor/local/local-certificate.ts";
import type { Here } from "../../doctor/local/local-control-plane.ts";
import { failedStart, isFailing } from "../../doctor/local/local-start.ts";
import type { RewrittenKey } from "../../doctor/local/rewritten-key.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import { PROXY_VARIABLES, proxyRoute } from "../../sync/network/proxy-route.ts";
import { certificateFiles } from "../../systemd/service/certificate-files.ts";
import { databaseFile } from "../../systemd/service/database-file.ts";
import type { Patience } from "../../systemd/settled-unit.ts";
import { isAnyDenied } from "../host/service-identity.ts";
import {
  askControlPlane,
  caPemOf,
  isOwnRoute,
  type KeyQuestion,
  type KeyVerdict,
} from "../key/ask-control-plane.ts";
import { describeReply } from "../key/check.ts";
import { lostAddress } from "./here/lost-address.ts";
import { namesakesAt } from "./here/namesakes.ts";
import { rightNameOf } from "./here/right-name.ts";
import { dropsHere, outgoingRules } from "./host-rules.ts";
import { localControlPlane } from "./local-facts.ts";
import { type PeerFacts, peerFacts } from "./peer-facts.ts";
import type { Subject } from "./subject.ts";

/** Whether the control plane can be reached with these files, and accepts their key. */
export async function connectionChecks(
  loaded: Loaded,
  subject: Subject,
  route: KeyQuestion["route"],
  patience: Patience,
): Promise<readonly Check[]> {
  if (loaded.verdict === "invalid") {
    const unchecked = connectionUnchecked("the configuration is not valid");
    // Who may not read the file sees what systemd shows to everybody; it may be about another host.
    const failed = (await isAnyDenied(loaded.files)) ? await failedHere(patience) : undefined;
    return unchecked.map((check) =>
      failed !== undefined && check.stage === "tcp" ? { stage: "tcp", status: "warning", ...failed } : check,
    );
  }
  return loaded.verdict === "key-unusable"
    ? connectionUnchecked("there is no usable key")
    : checkConnection(await connectionTo({ ...loaded, route }, subject, patience));
}

async function failedHere(patience: Patience): Promise<ReturnType<typeof failedStart>> {
  const local = await ownControlPlane(patience);
  return local && failedStart(local);
}

/** That of this host, whatever the agent asks; no name is looked up. */
function ownControlPlane(patience: Patience): ReturnType<typeof localControlPlane> {
  return localControlPlane(patience, true, async () => ({ all: [], shown: undefined }));
}

/** Of a server that is not reached, and is not this host: what is wrong here may be why. */
async function failedBeside(server: URL, patience: Patience): Promise<Connection["failedHere"]> {
  const local = await ownControlPlane(patience);
  return local !== undefined && isFailing(local)
    ? { local, lost: await lostAddress(local, server) }
    : undefined;
}

/** Asks the control plane once, as the judged agent would: its key, its proxy, its roots. */
export async function connectionTo(
  question: Omit<KeyQuestion, "isMove" | "environment">,
  { environment, sourceOf }: Subject,
  patience: Patience,
): Promise<Connection> {
  const { config, lines, path } = question;
  const { url, proxy } = config.controlPlane;
  const way = proxyRoute({ endpoint: new URL(url), proxy, environment });
  const placeOf = (setting: string) => {
    const line = lines.get(setting);
    return line === undefined ? path : `${path} line ${line}`;
  };
  const variablePlaces = new Map([
    ["control_plane.proxy", placeOf("control_plane.proxy")],
    ...PROXY_VARIABLES.map((name) => [name, sourceOf(name)] as const),
  ]);
  const asked = { ...question, isMove: false, environment, variablePlaces };
  const server = way.kind === "proxy" ? way.proxy : new URL(url);
  const ask = () => askControlPlane(asked, patience.signal);
  const first = await ask();
  // A server of names that was silent is not asked again.
  const peer: Partial<PeerFacts> =
    first.cause === "dns" ? {} : await peerFacts(server, patience, first.kind !== "accepted");
  const hasCome = first.cause !== undefined && isWhileStarting(first.cause) && isServing(peer);
  const verdict = hasCome ? await ask() : first;
  const { cause } = verdict;
  const keyPath = question.keySource.startsWith("/") ? question.keySource : path;
  const executor = config.agent.name;
  return {
    url,
    urlSource: `control_plane.url, ${placeOf("control_plane.url")}`,
    route: way,
    proxySource: way.kind !== "proxy" ? undefined : `${way.source}, ${variablePlaces.get(way.source)}`,
    answer: {
      ...answerOf(verdict),
      rewritten: verdict.isReplaced === true ? await lastWrite(keyPath) : undefined,
      // A key that is only tried is no reason to put another one in.
      moved: verdict.moved && isOwnRoute(question.route) ? { executor, ...verdict.moved } : undefined,
    },
    hasAlternativeNames: verdict.hasAlternativeNames,
    rightName: way.kind === "proxy" ? undefined : await rightNameOf(verdict, question),
    namesakes: way.kind === "proxy" ? undefined : await namesakesOf(peer.here, verdict, question, patience),
    ...peer,
    here: peer.here && {
      ...peer.here,
      caFile: config.controlPlane.caFile,
      certificates: await certificatesOf(peer.here, cause, await caPemOf(question.config)),
      database: verdict.unknown && (await databaseOf(peer.here)),
      drops: verdict.kind === "unreachable" ? await dropsHere(peer.here.addresses ?? [], portOf(server)) : [],
    },
    failedHere:
      verdict.kind === "unreachable" && peer.here === undefined && way.kind !== "proxy"
        ? await failedBeside(server, patience)
        : undefined,
    rules: verdict.kind === "unreachable" ? await outgoingRules(portOf(server)) : undefined,
    nowMs: Date.now(),
  };
}

function answerOf(verdict: KeyVerdict): Connection["answer"] {
  const { cause, isConnected, serverTimeMs, needsKey, unknown } = verdict;
  const more = { cause, isConnected, serverTimeMs, needsKey, unknown };
  if (verdict.kind !== "accepted") {
    return { kind: verdict.kind, detail: verdict.why, remedy: withCommand(verdict.remedy), ...more };
  }
  const { reply } = verdict;
  const detail = `accepted: ${describeReply(reply)}`;
  return { kind: "accepted", detail, remedy: undefined, endsAt: endOfKey(reply.key), ...more };
}

/** Those that the control plane knows which has accepted the key, if it is that of this host. */
async function namesakesOf(
  here: Here | undefined,
  verdict: KeyVerdict,
  { config: { agent, controlPlane } }: Pick<KeyQuestion, "config">,
  { signal }: Patience,
): Promise<Connection["namesakes"]> {
  const { local, addresses = [] } = here ?? {};
  const isThere = local?.active === "active" && leadsThere(local, new URL(controlPlane.url), addresses);
  if (!isThere || verdict.kind !== "accepted" || local.managementSocket === undefined) {
    return undefined;
  }
  const own = { name: agent.name, organization: verdict.reply.organization.slug };
  return await namesakesAt(local.managementSocket, own, signal);
}

/** The files of the certificate that this host itself shows, if that is what is wrong. */
async function certificatesOf(
  { local }: Here,
  cause: UnreachableCause | undefined,
  caPem: string | undefined,
): Promise<Here["certificates"]> {
  return local?.certPath === undefined || !isAboutCertificate(cause)
    ? undefined
    : await certificateFiles(local.certPath, caPem);
}

/** By its inode: programs that copy a file often keep the time of its content. */
async function lastWrite(path: string): Promise<RewrittenKey | undefined> {
  const stats = await stat(path).catch(() => undefined);
  const owner = readAccounts().users.find(({ uid }) => uid === stats?.uid)?.name;
  return stats && { path, at: stats.ctimeMs, owner: owner ?? `user ${stats.uid}` };
}

/** The file of the database in which the key is not; undefined: it is in no file. */
async function databaseOf({ local }: Here): Promise<Here["database"]> {
  return local?.database?.startsWith("/") === true
    ? await databaseFile(local.database, local.mainPid ?? 0)
    : undefined;
}

/** How a control plane looks that starts in the same moment. */
function isWhileStarting(cause: UnreachableCause): boolean {
  return cause === "connection-refused" || cause === "connection-lost";
}

function isServing({ here }: Partial<PeerFacts>): boolean {
  return here?.local?.active === "active";
}
