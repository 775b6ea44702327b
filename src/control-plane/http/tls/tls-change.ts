import { statSync } from "node:fs";
import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace, shellWord, withSudo } from "../../../lib/shell-word.ts";
import { flawOf, hostsOf, isFor } from "./certificate-chain.ts";
import { TlsProblem } from "./tls-file.ts";
import { type TlsPair, type TlsPaths, whyInvalid } from "./tls-pair.ts";

/** No line shows more names. */
const MAX_NAMES = 5;
const WORLD_READ = 0o004;

/** A pair in place of the one in use. */
export interface TlsChange {
  readonly before: TlsPair;
  readonly next: TlsPair;
  readonly paths: TlsPaths;
  /** The name that browsers use, of BETTER_AUTH_URL; undefined if it is not set. */
  readonly publicHost: string | undefined;
}

/**
 * Throws a TlsProblem for a pair that clients refuse, if they accept the one in use. It compares
 * with that one only: nobody knows by what other names executors connect.
 */
export function requireNoLoss(change: TlsChange, wallMs: number): void {
  const { before, next, paths } = change;
  if (whyInvalid(before, wallMs) !== undefined) {
    return;
  }
  const what = `the new certificate in TLS_CERT ${printable(paths.certPath, 4096)}`;
  const invalid = whyInvalid(next, wallMs);
  if (invalid !== undefined) {
    const problem = `${what} ${invalid}`;
    throw new TlsProblem(
      `${problem}, and this host's clock says ${utcTime(wallMs)}. Fix: put one there that is valid now, or set the clock if it is wrong`,
      problem,
    );
  }
  const lost = necessaryHosts(change);
  if (lost.length > 0) {
    throw new TlsProblem(
      `${what} is for ${listed(hostsOf(next.chain[0]))}, and not for ${listed(lost)} as the previous one. ` +
        "Fix: put one there that has that name. To change the name, restart the control plane, which uses the files as they are",
    );
  }
}

/** Names that are gone although they are needed: that of the page, or each one that there was. */
function necessaryHosts({ before, next, publicHost }: TlsChange): readonly string[] {
  const [own] = before.chain;
  const lost = lostHosts(before, next);
  if (publicHost !== undefined && isFor(own, publicHost) && !isFor(next.chain[0], publicHost)) {
    return [publicHost];
  }
  return lost.length === hostsOf(own).length ? lost : [];
}

function lostHosts(before: TlsPair, next: TlsPair): readonly string[] {
  return hostsOf(before.chain[0]).filter((host) => !isFor(next.chain[0], host));
}

/** What is odd about a pair that is used, as sentences. `before` is the one before it. */
export function oddities(pair: TlsPair, paths: TlsPaths, before: TlsPair, wallMs: number): readonly string[] {
  const lost = lostHosts(before, pair);
  const flaw = flawOf(pair.chain, wallMs);
  return [
    ...(lost.length > 0
      ? [
          `The certificate in TLS_CERT is no longer for ${listed(lost)}. Executors and browsers that use that name refuse it.`,
        ]
      : []),
    ...(flaw === undefined
      ? []
      : [`Some clients refuse the chain in TLS_CERT ${printable(paths.certPath, 4096)}: ${flaw}.`]),
    ...openKey(paths.keyPath),
  ];
}

/** In a pod nobody else is there, and Kubernetes mounts secrets like that. */
function openKey(path: string): readonly string[] {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  const line = `Every user of this host may read the private key in TLS_KEY ${printable(path, 4096)}. Fix:\n${withSudo(`chmod o-r ${shellWord(path)}`)}`;
  return (mode & WORLD_READ) === 0 ? [] : inPlace({ host: [line], pod: [] });
}

function listed(hosts: readonly string[]): string {
  const shown = hosts.slice(0, MAX_NAMES).map((host) => printable(host, 100));
  const more = hosts.length > MAX_NAMES ? ` and ${hosts.length - MAX_NAMES} more` : "";
  return hosts.length === 0 ? "no name" : `${shown.join(", ")}${more}`;
}
