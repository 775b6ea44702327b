import type { Remedy } from "../../../lib/text/remedy.ts";
import type { UnreachableCause } from "../../sync/answer/sync-outcome.ts";
import type { Route } from "../../sync/network/proxy-route.ts";
import type { Namesakes } from "../executor/namesake.ts";
import type { WrongOrganization } from "../executor/wrong-organization.ts";
import type { FailedHere } from "../local/failed-here.ts";
import type { Here } from "../local/local-control-plane.ts";
import type { RewrittenKey } from "../local/rewritten-key.ts";
import type { OutgoingRules } from "../rules/outgoing-rules.ts";
import type { RightName } from "./right-name.ts";

/** The result of one question to the control plane, asked with the daemon's own client. */
export interface Answer {
  readonly kind: "accepted" | "refused" | "unreachable";
  /** A clause. */
  readonly detail: string;
  /** Undefined if there is nothing to fix. */
  readonly remedy: Remedy | undefined;
  /** Why no answer came. */
  readonly cause: UnreachableCause | undefined;
  /** Whether the server accepted the connection, and then was silent. */
  readonly isConnected?: boolean | undefined;
  /** The control plane's clock, epoch ms, if it answered. */
  readonly serverTimeMs: number | undefined;
  /** When the accepted key ends, epoch ms; undefined: never. */
  readonly endsAt?: number | undefined;
  /** Whether only another key helps. */
  readonly needsKey?: boolean | undefined;
  /** Of a key that the control plane does not know: when it accepted it last, epoch ms. */
  readonly unknown?: { readonly acceptedAt: number | undefined } | undefined;
  /** Its file, if that went back to an older key. */
  readonly rewritten?: RewrittenKey | undefined;
  /** Of a key that is not of the executor's organization. */
  readonly moved?: WrongOrganization | undefined;
}

/** One request to the control plane, and how it got there. */
export interface Connection {
  readonly url: string;
  /** What the URL was read from: `control_plane.url, /etc/novacula/agent.toml line 2`. */
  readonly urlSource: string;
  readonly route: Route;
  /** The same for the proxy; undefined if none is used, or if its setting is wrong. */
  readonly proxySource: string | undefined;
  readonly answer: Answer;
  /** Of the certificate of the control plane; undefined if it is not known. */
  readonly hasAlternativeNames?: boolean | undefined;
  /** A name of the certificate with which the URL would lead to the same server. */
  readonly rightName?: RightName | undefined;
  /** What the name of the server means: `127.0.0.9 (/etc/hosts line 2)`; undefined: unknown. */
  readonly address?: string | undefined;
  /** Undefined if the server is another host. */
  readonly here?: Here | undefined;
  /** Undefined: the control plane is not on this host, or does not say. */
  readonly namesakes?: Namesakes | undefined;
  /** A control plane of this host that fails, where the server that is asked is not this host. */
  readonly failedHere?: FailedHere | undefined;
  /** Undefined: none are known. */
  readonly rules?: OutgoingRules | undefined;
  /** This host's clock when the answer came, epoch ms. */
  readonly nowMs: number;
}
