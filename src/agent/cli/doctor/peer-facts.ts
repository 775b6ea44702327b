import { isIP } from "node:net";
import { systemClock } from "../../../lib/clock.ts";
import { isLoopbackAddress } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { lineInHosts } from "../../sync/network/hosts-file.ts";
import { NameLookUp } from "../../sync/network/name-lookup.ts";
import { readNameSettings } from "../../sync/network/name-settings.ts";
import { unitProperties } from "../../systemd/systemctl.ts";

/** What this host knows of the server that is asked, besides its answer. */
export interface PeerFacts {
  /** `127.0.0.9 (/etc/hosts line 2)`; undefined for an address, or if it could not be looked up. */
  readonly address: string | undefined;
  /** Where the control plane of this host serves, if the server should be on this host. */
  readonly servesHere: string | undefined;
}

const LOOK_UP_MS = 2000;
const MAX_ADDRESSES = 4;
const CONTROL_PLANE = "novacula-control-plane.service";

export async function peerFacts(server: URL): Promise<PeerFacts> {
  const host = server.hostname.replace(/^\[(.*)\]$/u, "$1");
  const addresses = await new NameLookUp(host, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  const isHere = addresses.some(({ address }) => isLoopbackAddress(address));
  return {
    address: isIP(host) === 0 && addresses.length > 0 ? await listed(host, addresses) : undefined,
    servesHere: isHere ? await servesHere() : undefined,
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

/** The URL in the status text of the control plane's service. */
async function servesHere(): Promise<string | undefined> {
  const unit = await unitProperties(CONTROL_PLANE, ["ActiveState", "StatusText"]).catch(() => undefined);
  const url = /\b(?:Serving|Listening on) (https?:\/\/[^\s;]+)/u.exec(unit?.StatusText ?? "")?.[1];
  return unit?.ActiveState === "active" && url !== undefined ? printable(url, 200) : undefined;
}
