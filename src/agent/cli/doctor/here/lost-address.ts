import { isIP } from "node:net";
import { ownAddresses } from "../../../../lib/addresses/own-addresses.ts";
import { isLoopbackAddress } from "../../../../lib/loopback.ts";
import { bare } from "../../../doctor/local/local-address.ts";
import type { LocalControlPlane } from "../../../doctor/local/local-control-plane.ts";
import type { LostAddress } from "../../../doctor/local/lost-address.ts";
import { lineInHosts } from "../../../sync/network/hosts-file.ts";
import { readNameSettings } from "../../../sync/network/name-settings.ts";

/** HOST of this host's control plane, if the agent's `server` has it, and no interface has. */
export async function lostAddress(
  { settings: { HOST = "" }, hostLine, socket }: LocalControlPlane,
  server: URL,
): Promise<LostAddress | undefined> {
  const own = ownAddresses();
  const isLost = isIP(HOST) !== 0 && !isLoopbackAddress(HOST) && !own.includes(HOST);
  if (!isLost || hostLine === undefined || socket !== undefined) {
    return undefined;
  }
  const { hosts } = await readNameSettings();
  const hostsLine = lineInHosts(hosts, bare(server), HOST);
  return hostsLine === undefined && bare(server) !== HOST
    ? undefined
    : { address: HOST, line: hostLine, hostsLine, own };
}
