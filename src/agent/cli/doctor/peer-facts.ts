import { isIP } from "node:net";
import { ownAddresses } from "../../../lib/addresses/own-addresses.ts";
import { systemClock } from "../../../lib/clock.ts";
import { isLoopbackAddress } from "../../../lib/loopback.ts";
import { portOf } from "../../doctor/local/local-address.ts";
import type { Here } from "../../doctor/local/local-control-plane.ts";
import { lineInHosts } from "../../sync/network/hosts-file.ts";
import { NameLookUp } from "../../sync/network/name-lookup.ts";
import { readNameSettings } from "../../sync/network/name-settings.ts";
import { portHolder } from "../../systemd/service/port-holder.ts";
import type { Patience } from "../../systemd/settled-unit.ts";
import { type Addresses, localControlPlane } from "./local-facts.ts";

/** What this host knows of the server that is asked, besides its answer. */
export interface PeerFacts {
  /** `127.0.0.9 (/etc/hosts line 2)`; undefined for an address, or if it could not be looked up. */
  readonly address: string | undefined;
  /** Undefined if the server should be on another host. */
  readonly here: Here | undefined;
}

const LOOK_UP_MS = 2000;
const MAX_ADDRESSES = 4;

/** `isSilent`: it did not answer, so what this host knows of a control plane of its own counts. */
export async function peerFacts(server: URL, patience: Patience, isSilent: boolean): Promise<PeerFacts> {
  const host = server.hostname.replace(/^\[(.*)\]$/u, "$1");
  const addresses = await new NameLookUp(host, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  const own = new Set(ownAddresses());
  const isHere = addresses.some(({ address }) => isLoopbackAddress(address) || own.has(address));
  const local = isHere ? await localControlPlane(patience, isSilent, addressesOf) : undefined;
  return {
    address: isIP(host) === 0 && addresses.length > 0 ? await listed(host, addresses) : undefined,
    // Node.js lists the interfaces that are up.
    here: isHere
      ? {
          local,
          isLoopbackUp: [...own].some(isLoopbackAddress),
          addresses: addresses.map(({ address }) => address),
          holder:
            isSilent && local !== undefined
              ? await portHolder(portOf(server), local.mainPid ?? 0)
              : undefined,
        }
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

async function addressesOf(name: string): Promise<Addresses> {
  const found = await new NameLookUp(name, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  return {
    all: found.map(({ address }) => address),
    shown: found.length > 0 ? await listed(name, found) : undefined,
  };
}
