import { isIPv4 } from "node:net";
import { expect, it } from "vitest";
import { lostAddress } from "../../../src/agent/cli/doctor/here/lost-address.ts";
import type { LocalControlPlane } from "../../../src/agent/doctor/local/local-control-plane.ts";
import { ownAddresses } from "../../../src/lib/addresses/own-addresses.ts";
import { isLoopbackAddress } from "../../../src/lib/loopback.ts";

/** Of RFC 5737, so no host has it. */
const NOBODYS = "203.0.113.55";
const FAILED = { active: "failed", result: "exit-code", isMasked: false, url: undefined, address: undefined };

function lostIn(HOST: string | undefined, server: string, more: Partial<LocalControlPlane> = {}) {
  return lostAddress({ ...FAILED, settings: { HOST }, hostLine: 7, ...more }, new URL(server));
}

it("an address is lost if HOST and the agent's URL have it, and no interface", async () => {
  expect(await lostIn(NOBODYS, `https://${NOBODYS}:8443`)).toEqual({
    address: NOBODYS,
    line: 7,
    hostsLine: undefined,
    own: ownAddresses(),
  });
});

it("none is lost that this host has, that the URL has not, or that no file or a socket sets", async () => {
  // Of loopback none is lost, whatever the interfaces have.
  const isOfNetwork = (address: string) => isIPv4(address) && !isLoopbackAddress(address);
  const own = ownAddresses().find(isOfNetwork) ?? "127.0.0.1";
  const socket = { listens: "443", path: "/a.socket" };
  expect(await lostIn(own, `https://${own}:8443`)).toBeUndefined();
  expect(await lostIn("127.9.9.9", "https://127.9.9.9:8443")).toBeUndefined();
  expect(await lostIn("cp.example.com", "https://cp.example.com:8443")).toBeUndefined();
  expect(await lostIn(undefined, `https://${NOBODYS}:8443`)).toBeUndefined();
  expect(await lostIn(NOBODYS, "https://203.0.113.56:8443")).toBeUndefined();
  expect(await lostIn(NOBODYS, `https://${NOBODYS}:8443`, { hostLine: undefined })).toBeUndefined();
  expect(await lostIn(NOBODYS, `https://${NOBODYS}:8443`, { socket })).toBeUndefined();
});
