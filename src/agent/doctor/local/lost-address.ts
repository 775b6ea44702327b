import { isIP } from "node:net";
import { isLoopbackAddress } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, forAgent } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";
import { SETTINGS } from "./local-address.ts";
import { SERVICE } from "./local-start.ts";

/** An address that no interface has: HOST has it, and the URL of the agent means it. */
export interface LostAddress {
  readonly address: string;
  /** Of HOST in the environment file of the control plane. */
  readonly line: number;
  /** Of the URL's name in /etc/hosts; undefined: no line gives it this address. */
  readonly hostsLine: number | undefined;
  /** Of the interfaces that are up. */
  readonly own: readonly string[];
}

/** Both places, with the commands for both as far as the right address is certain. */
export function lostAddressSteps(lost: LostAddress): readonly Step[] {
  const { address, line, hostsLine } = lost;
  const shown = printable(address, 64);
  const inHosts = hostsLine === undefined ? "" : `, and so has /etc/hosts line ${hostsLine}`;
  const what = `HOST in ${SETTINGS} line ${line} is ${shown}${inHosts}, but no interface of this host has that address.`;
  const right = rightAddress(lost);
  const again = [
    asRoot(`systemctl reset-failed ${SERVICE}`),
    asRoot(`systemctl restart ${SERVICE}`),
    forAgent("retry"),
  ];
  if (right !== undefined) {
    return [
      step(
        `${what} The one that it has is ${right}. To write that there, run:`,
        ...editsOf(lost, right),
        ...again,
      ),
    ];
  }
  const both = hostsLine === undefined ? "it" : "both";
  return [
    step(`${what} To see the addresses that it has, run:`, "ip -brief address"),
    step(
      `Write the right one into ${both} (if no other host needs this control plane, 127.0.0.1), then run:`,
      ...again,
    ),
  ];
}

/** The only one that is not loopback; if there is none, nobody else reaches this host. */
function rightAddress({ address, own }: LostAddress): string | undefined {
  const family = isIP(address);
  const others = own.filter((each) => isIP(each) === family && !isOfThisHostAlone(each));
  const [only = family === 4 ? "127.0.0.1" : "::1", ...more] = others;
  return more.length === 0 && own.length > 0 ? only : undefined;
}

function isOfThisHostAlone(address: string): boolean {
  return isLoopbackAddress(address) || /^fe[89ab]/iu.test(address);
}

function editsOf({ address, line, hostsLine }: LostAddress, right: string): readonly string[] {
  const edit = (file: string, at: number) =>
    asRoot(`sed -i --follow-symlinks '${at}s/${address.replaceAll(".", "\\.")}/${right}/' ${file}`);
  return [edit(SETTINGS, line), ...(hostsLine === undefined ? [] : [edit("/etc/hosts", hostsLine)])];
}
