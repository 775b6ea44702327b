import { isIP } from "node:net";
import { duration } from "../../lib/duration.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot } from "../../lib/shell-word.ts";
import { CLOCK_TOLERANCE_MS } from "../daemon/narration/notices.ts";
import { hostOf } from "../daemon/narration/wording.ts";
import type { UnreachableCause } from "../sync/answer/sync-outcome.ts";
import type { Route } from "../sync/network/proxy-route.ts";
import { untold } from "./check-files.ts";
import type { Check, Stage } from "./examination.ts";

/** What came of the one question that is put to the control plane, by the daemon's own client. */
export interface Answer {
  readonly kind: "accepted" | "refused" | "unreachable";
  /** A clause. */
  readonly detail: string;
  /** A sentence; undefined where there is nothing to fix. */
  readonly remedy: string | undefined;
  /** Of an answer that did not come. */
  readonly cause: UnreachableCause | undefined;
  /** The control plane's clock, epoch ms, where it answered. */
  readonly serverTimeMs: number | undefined;
}

export interface Connection {
  readonly url: string;
  readonly route: Route;
  readonly answer: Answer;
  /** This host's clock when the answer came, epoch ms. */
  readonly nowMs: number;
}

/** At which stage an exchange failed; everything that is not here came after the connection stood. */
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

/** The way of a question, in the order in which it is travelled. */
const WAY: readonly Stage[] = ["proxy", "dns", "tcp", "tls", "authentication"];

/** One exchange tells all of it: what failed is where it ended, what lies before it worked, what lies behind was not reached. */
export function checkConnection(connection: Connection): readonly Check[] {
  const { answer } = connection;
  const failedAt =
    answer.kind === "unreachable"
      ? (FAILED_AT[answer.cause ?? "server-error"] ?? "authentication")
      : undefined;
  const end = failedAt === undefined ? WAY.length : WAY.indexOf(failedAt);
  const checks = WAY.map((stage, index): Check => {
    if (stage === failedAt) {
      return failure(stage, answer);
    }
    if (index > end) {
      return untold(stage, "the way there ends before it");
    }
    return stage === "authentication" ? authentication(answer) : passed(stage, connection);
  });
  return [...checks, clock(connection)];
}

/** Without a key there is nothing to ask with. */
export function connectionUntold(why: string): readonly Check[] {
  return [...WAY, "clock" as const].map((stage) => untold(stage, why));
}

function failure(stage: Stage, { detail, remedy }: Answer): Check {
  // Something answered, but not as a control plane: what it thinks of the key is not known.
  const status = stage === "authentication" ? "unknown" : "bad";
  return { stage, status, detail, ...(remedy !== undefined && { remedy }) };
}

function authentication({ kind, detail, remedy }: Answer): Check {
  const status = kind === "accepted" ? "ok" : "bad";
  return { stage: "authentication", status, detail, ...(remedy !== undefined && { remedy }) };
}

function passed(stage: Stage, { url, route }: Connection): Check {
  const host = hostOf(url);
  const isProxied = route.kind === "proxy";
  switch (stage) {
    case "proxy":
      return pass(stage, isProxied ? `${route.proxy.host} leads to ${host}` : "none on the way");
    case "dns":
      return pass(stage, resolved(isProxied ? route.proxy : new URL(url)));
    case "tcp":
      return pass(stage, isProxied ? "the proxy takes connections" : `${host} takes connections`);
    default:
      return pass(
        stage,
        url.startsWith("https:")
          ? `the certificate of ${host} is trusted`
          : `none: ${host} is this host itself`,
      );
  }
}

function resolved({ hostname }: URL): string {
  return isIP(hostname.replace(/^\[|\]$/gu, "")) === 0
    ? `the name ${printable(hostname)} is known`
    : `${printable(hostname)} is an address: there is no name to look up`;
}

function clock({ answer, nowMs, url }: Connection): Check {
  if (answer.serverTimeMs === undefined) {
    return untold("clock", "the control plane told no time");
  }
  const offsetMs = answer.serverTimeMs - nowMs;
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) {
    return pass("clock", `agrees with ${hostOf(url)}'s`);
  }
  const direction = offsetMs > 0 ? "behind" : "ahead of";
  return {
    stage: "clock",
    status: "warning",
    detail: `this host's clock is ${duration(Math.abs(offsetMs))} ${direction} ${hostOf(url)}'s`,
    remedy: `Set the clock that is wrong: ${asRoot("timedatectl set-ntp true")}.`,
  };
}

function pass(stage: Stage, detail: string): Check {
  return { stage, status: "ok", detail };
}
