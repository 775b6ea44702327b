import { duration } from "../../lib/duration.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot, forAgent, inPlace } from "../../lib/shell-word.ts";
import { type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import { CLOCK_TOLERANCE_MS } from "../daemon/narration/notices.ts";
import { hostOf } from "../daemon/narration/wording.ts";
import type { UnreachableCause } from "../sync/answer/sync-outcome.ts";
import { unchecked } from "./check-files.ts";
import type { Connection } from "./connection/exchange.ts";
import { rightNameSteps } from "./connection/right-name.ts";
import type { Check, Stage } from "./examination.ts";
import { expectedInstead, namesakeRemedy, namesakeText } from "./executor/namesake.ts";
import { organizationSteps } from "./executor/wrong-organization.ts";
import { failedRemedy, withFailed } from "./local/failed-here.ts";
import { isName } from "./local/local-address.ts";
import { certificateHere, namedBySubject } from "./local/local-certificate.ts";
import { causeHere, refusedHere, remedyHere } from "./local/local-control-plane.ts";
import { unknownHere } from "./local/local-database.ts";
import { withKey } from "./local/rewritten-key.ts";
import { withRules } from "./rules/outgoing-rules.ts";

/** The stage at which an exchange failed. For causes that are not listed, something answered. */
const FAILED_AT: { readonly [Cause in UnreachableCause]?: Stage } = {
  dns: "dns",
  "connection-refused": "tcp",
  network: "tcp",
  timeout: "tcp",
  "tls-untrusted": "tls",
  "tls-expired": "tls",
  "tls-not-yet-valid": "tls",
  "tls-name-mismatch": "tls",
  "tls-other": "tls",
  "insecure-url": "tls",
  proxy: "proxy",
  "proxy-authentication": "proxy",
};

/** The stages of a request, in order. */
const WAY: readonly Stage[] = ["proxy", "dns", "tcp", "tls", "answer", "authentication"];
/** Through a proxy, the name that this host looks up is the proxy's. */
const PROXIED_WAY: readonly Stage[] = ["dns", "proxy", "tcp", "tls", "answer", "authentication"];

/**
 * One exchange checks all stages: those before the failed one worked, and those after it were not
 * reached.
 */
export function checkConnection(connection: Connection): readonly Check[] {
  const { answer, route } = connection;
  const way = route.kind === "proxy" ? PROXIED_WAY : WAY;
  const at = FAILED_AT[answer.cause ?? "server-error"] ?? "answer";
  const failedAt = answer.kind === "unreachable" ? (answer.isConnected ? "answer" : at) : undefined;
  const end = failedAt === undefined ? way.length : way.indexOf(failedAt);
  const checks = way.map((stage, index): Check => {
    if (stage === failedAt) {
      return failure(stage, connection);
    }
    if (index > end) {
      return unchecked(stage, "an earlier step failed");
    }
    return stage === "authentication" ? authentication(connection) : passed(stage, connection);
  });
  return [...checks, clock(connection)];
}

/** All stages, unchecked: the control plane is not asked without a usable key. */
export function connectionUnchecked(why: string): readonly Check[] {
  return [...WAY, "clock" as const].map((stage) => unchecked(stage, why));
}

/** Names where the address came from: the wrong one may be in a drop-in that nobody remembers. */
function failure(stage: Stage, connection: Connection): Check {
  const { answer, here, route, rules, url, failedHere } = connection;
  const source = sourceAt(stage, connection);
  const seen = source === undefined ? answer.detail : `${answer.detail} (${printable(source, 400)})`;
  const isAsked = here !== undefined && answer.cause !== undefined && route.kind !== "proxy";
  const own = isAsked ? remedyHere(here, answer.cause, url, rules) : undefined;
  const why = isAsked && own !== undefined ? causeHere(here, answer.cause) : undefined;
  // The cause first: the end of a long line is easily missed.
  const known = why === undefined ? seen : `${why}; so ${seen}`;
  const usual = own ?? withRules(withCertificate(connection), answer.cause, rules);
  const detail = failedHere === undefined ? known : withFailed(known, failedHere);
  const remedy = failedHere === undefined ? usual : failedRemedy(usual, failedHere);
  return { stage, status: "bad", detail, ...(remedy !== undefined && { remedy }) };
}

/** Where the control plane is on this host, the files of its certificate can be named. */
function withCertificate({ answer, here, route, url, nowMs, rightName }: Connection): Remedy | undefined {
  const renamed = inPlace({ host: rightName && rightNameSteps(url, rightName), pod: [] }) ?? [];
  const usual = renamed.length > 0 ? renamed : answer.remedy;
  if (here === undefined || route.kind === "proxy") {
    return usual;
  }
  const { steps, isWhole } = certificateHere(here, url, answer.cause, answer.detail, nowMs);
  const general = stepsOf(usual ?? []);
  return steps.length === 0 ? usual : isWhole ? steps : [...general, ...steps];
}

/** What a failure is about: an answer about the proxy names its setting and the place by itself. */
function sourceAt(stage: Stage, { route, urlSource, proxySource }: Connection): string | undefined {
  if (stage === "proxy") {
    return undefined;
  }
  return stage === "dns" && route.kind === "proxy" ? proxySource : urlSource;
}

/** One that ends before somebody looks again. */
const ENDS_SOON_MS = 7 * 24 * 3600 * 1000;

/** What the control plane says of the key. */
function authentication({ answer, nowMs, here, route, url, namesakes }: Connection): Check {
  const { kind, detail, endsAt, needsKey = false, unknown } = answer;
  if (kind === "accepted" && endsAt !== undefined && endsAt - nowMs < ENDS_SOON_MS) {
    return {
      stage: "authentication",
      status: "warning",
      detail,
      remedy: inPlace<Remedy>({
        host: [step("Give this host a new key before then:", forAgent("set-key"))],
        pod: "Put a new key into its Secret before then.",
      }),
    };
  }
  const expected = kind === "accepted" && namesakes !== undefined ? expectedInstead(namesakes) : undefined;
  if (namesakes !== undefined && expected !== undefined) {
    return {
      stage: "authentication",
      status: "warning",
      detail: `${detail}; ${namesakeText(namesakes, expected)}`,
      remedy: namesakeRemedy(namesakes, expected),
    };
  }
  const status = kind === "accepted" ? "ok" : "bad";
  const taken =
    status === "ok" || here === undefined || route.kind === "proxy" ? undefined : refusedHere(here, url);
  if (taken !== undefined) {
    return { stage: "authentication", status, detail: `${detail}; ${taken.why}`, remedy: taken.remedy };
  }
  const isAsked = here !== undefined && route.kind !== "proxy";
  const other = isAsked && unknown !== undefined ? unknownHere(here, url, unknown.acceptedAt) : undefined;
  if (other?.cause !== undefined) {
    const whole = `${other.cause}; so ${detail}`;
    return { stage: "authentication", status, detail: whole, remedy: other.remedy };
  }
  const isRunning = isAsked && here.local?.active === "active";
  const moved = inPlace({ host: answer.moved, pod: undefined });
  if (moved !== undefined) {
    return { stage: "authentication", status, detail, remedy: organizationSteps(moved, isRunning) };
  }
  const isMadeHere = needsKey && isRunning;
  const remedy = withKey(answer, isMadeHere);
  const seen = other === undefined ? detail : `${detail}; ${other.who}`;
  return { stage: "authentication", status, detail: seen, ...(remedy !== undefined && { remedy }) };
}

function passed(stage: Stage, { url, route, proxySource, hasAlternativeNames, address }: Connection): Check {
  const host = hostOf(url);
  const note = route.kind === "unusable" || route.note === undefined ? "" : ` (${route.note})`;
  const isProxied = route.kind === "proxy";
  switch (stage) {
    case "proxy":
      return pass(
        stage,
        isProxied
          ? `${route.proxy.host} forwards to ${host} (${printable(proxySource, 400)})`
          : `none is used${note}`,
      );
    case "dns":
      return pass(stage, resolved(isProxied ? route.proxy : new URL(url), address));
    case "tcp":
      return pass(stage, isProxied ? "the proxy accepts connections" : `${host} accepts connections`);
    case "answer":
      return pass(stage, `${host} answers as a control plane`);
    default:
      if (hasAlternativeNames === false) {
        return { stage, status: "warning", ...namedBySubject(host) };
      }
      return pass(
        stage,
        url.startsWith("https:")
          ? `the certificate of ${host} is trusted`
          : `not needed: ${host} is this host`,
      );
  }
}

function resolved(server: URL, address = "found"): string {
  const { hostname } = server;
  return isName(server)
    ? `the address of ${printable(hostname)} is ${address}`
    : `${printable(hostname)} is an address, so no name is looked up`;
}

function clock({ answer, nowMs, url }: Connection): Check {
  if (answer.serverTimeMs === undefined) {
    const why = answer.kind === "unreachable" ? "an earlier step failed" : "the answer has no time";
    return unchecked("clock", why);
  }
  const offsetMs = answer.serverTimeMs - nowMs;
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) {
    return pass("clock", `agrees with that of ${hostOf(url)}`);
  }
  const direction = offsetMs > 0 ? "behind" : "ahead of";
  return {
    stage: "clock",
    status: "warning",
    detail: `this host's clock is ${duration(Math.abs(offsetMs))} ${direction} ${hostOf(url)}'s`,
    remedy: inPlace<Remedy>({
      host: [
        step(
          "Set the clock that is wrong. To have NTP set this one, run:",
          asRoot("timedatectl set-ntp true"),
        ),
      ],
      pod: "Set the clock that is wrong: this one is that of the Kubernetes node.",
    }),
  };
}

function pass(stage: Stage, detail: string): Check {
  return { stage, status: "ok", detail };
}
