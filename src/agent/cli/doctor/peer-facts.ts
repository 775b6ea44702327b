import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { systemClock } from "../../../lib/clock.ts";
import { isLoopbackAddress } from "../../../lib/loopback.ts";
import {
  type Here,
  isName,
  type LocalControlPlane,
  listeningSettings,
} from "../../doctor/local-control-plane.ts";
import { lineInHosts } from "../../sync/network/hosts-file.ts";
import { NameLookUp } from "../../sync/network/name-lookup.ts";
import { readNameSettings } from "../../sync/network/name-settings.ts";
import { isStoppedProcess } from "../../systemd/stopped-process.ts";
import { unitProperties } from "../../systemd/systemctl.ts";

/** What this host knows of the server that is asked, besides its answer. */
export interface PeerFacts {
  /** `127.0.0.9 (/etc/hosts line 2)`; undefined for an address, or if it could not be looked up. */
  readonly address: string | undefined;
  /** Undefined if the server should be on another host. */
  readonly here: Here | undefined;
}

const LOOK_UP_MS = 2000;
const MAX_ADDRESSES = 4;
const CONTROL_PLANE = "novacula-control-plane.service";
const ENVIRONMENT_FILE = "/etc/default/novacula-control-plane";

export async function peerFacts(server: URL): Promise<PeerFacts> {
  const host = server.hostname.replace(/^\[(.*)\]$/u, "$1");
  const addresses = await new NameLookUp(host, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
  );
  const isHere = addresses.some(({ address }) => isLoopbackAddress(address) || own.has(address));
  return {
    address: isIP(host) === 0 && addresses.length > 0 ? await listed(host, addresses) : undefined,
    // Node.js lists the interfaces that are up.
    here: isHere
      ? { local: await localControlPlane(), isLoopbackUp: [...own].some(isLoopbackAddress) }
      : undefined,
  };
}

async function listed(name: string, addresses: readonly { readonly address: string }[]): Promise<string> {
  const { hosts } = await readNameSettings();
  return addresses
    .slice(0, MAX_ADDRESSES)
    .map(({ address }) => {
      const line = lineInHosts(hosts, name, address);
      return line === undefined ? address : `${address} (/etc/hosts line ${line})`;
    })
    .join(", ");
}

async function localControlPlane(): Promise<LocalControlPlane | undefined> {
  const names = ["LoadState", "ActiveState", "Result", "StatusText", "MainPID"] as const;
  const unit = await unitProperties(CONTROL_PLANE, names).catch(() => undefined);
  if (unit === undefined || !["loaded", "masked"].includes(unit.LoadState)) {
    return undefined;
  }
  const served = /\b(?:Serving|Listening on) (https?:\/\/[^\s;]+)/u.exec(unit.StatusText)?.[1];
  const url = unit.ActiveState === "active" && served !== undefined ? URL.parse(served) : null;
  return {
    isStopped: await isStoppedProcess(Number(unit.MainPID)),
    active: unit.ActiveState,
    result: unit.Result,
    isMasked: unit.LoadState === "masked",
    url: url?.origin,
    address: url !== null && isName(url) ? await addressesOf(url.hostname) : undefined,
    settings: listeningSettings(await readFile(ENVIRONMENT_FILE, "utf8").catch(() => "")),
  };
}

async function addressesOf(name: string): Promise<string | undefined> {
  const found = await new NameLookUp(name, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  return found.length > 0 ? listed(name, found) : undefined;
}
