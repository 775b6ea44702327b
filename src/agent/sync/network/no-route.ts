import { isIP } from "node:net";
import { errorCode } from "../../../lib/errors.ts";
import { inPlace } from "../../../lib/shell-word.ts";

/** Codes of connect(2) that say: this host knows no way there. */
export const NO_ROUTE = ["EHOSTUNREACH", "ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL"] as const;

/**
 * Of the errors at the addresses of one name, the one that says most. A host without IPv6 fails at
 * each IPv6 address, and that says nothing of the others.
 */
export function mostTelling(errors: readonly unknown[]): unknown {
  return errors.find((error) => !NO_ROUTE.some((code) => code === errorCode(error))) ?? errors[0];
}

/** Names the addresses that were tried: a name may mean another one than a person thinks. */
export function explainNoRoute(
  error: unknown,
  address: string,
): { readonly detail: string; readonly remedy: string } {
  const ips = addressesIn(error);
  const at = ips.length === 0 ? "" : `, at ${ips.join(" and ")}`;
  const remedy = inPlace({
    host:
      ips[0] === undefined
        ? "check the network of this host"
        : `see with ip route get ${ips[0]} what the network of this host lacks; if that shows a route, a firewall rejects the connection`,
    pod: "check the network of this pod, and its NetworkPolicy",
  });
  return { detail: `no route to ${address}${at}`, remedy };
}

/** Nobody says who dropped the packets: this host may, before they leave it. */
export function whereDropped(): string {
  return inPlace({
    host: "check that the control plane is running, and every firewall on the way: a rule of this host for outgoing packets can drop them too",
    pod: "check that the control plane is running, and every firewall on the way, with the NetworkPolicy of this pod",
  });
}

/** As Node puts them into its errors. */
function addressesIn(error: unknown): readonly string[] {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.slice(0, 4).flatMap((each) => {
    const address = each instanceof Error && "address" in each ? each.address : undefined;
    return typeof address === "string" && isIP(address) !== 0 ? [address] : [];
  });
}
