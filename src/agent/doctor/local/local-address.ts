import { isIP } from "node:net";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";
import { controlPlaneUrl } from "../../config/schema/config-url.ts";
import { SERVICE } from "./local-start.ts";

export const SETTINGS = `/etc/default/${SERVICE}`;
const ANY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** Where the control plane of this host listens. */
export interface LocalAddress {
  /** Where it serves, if it runs and its status says so. */
  readonly url: string | undefined;
  /** What the name in `url` means: `127.0.1.1 (/etc/hosts line 2)`. */
  readonly address: string | undefined;
  /** The same, without where it is written. */
  readonly addresses?: readonly string[] | undefined;
  /** The lines in force of its environment file that begin with `HOST=` and `PORT=`. */
  readonly settings: { readonly HOST?: string | undefined; readonly PORT?: string | undefined };
  /** Of HOST in that file, 1-based. */
  readonly hostLine?: number | undefined;
  /** The socket unit that gives it its port, if that is active. */
  readonly socket?: ListeningSocket | undefined;
}

/** novacula-control-plane.socket, which makes the service ignore HOST and PORT. */
export interface ListeningSocket {
  /** `443`, as its file has it. */
  readonly listens: string;
  /** The file that says so. */
  readonly path: string;
}

/** The port of a control plane that has no PORT. */
export const USUAL_PORT = "3000";

/** Whether a connection to `wanted`, whose host means `addresses`, reaches where it listens. */
export function leadsThere(local: LocalAddress, wanted: URL, addresses: readonly string[]): boolean {
  const serves = local.url === undefined ? null : URL.parse(local.url);
  return serves !== null && portOf(serves) === portOf(wanted) && isSameHost(local, serves, wanted, addresses);
}

/** It runs, and serves another address than the agent asks; undefined: it is the same. */
export function elsewhere(
  local: LocalAddress,
  serves: URL,
  wanted: URL,
  addresses: readonly string[],
): Remedy | undefined {
  const { address, settings } = local;
  const suggested = acceptable(serves, wanted, isSameHost(local, serves, wanted, addresses));
  if (suggested?.origin === wanted.origin) {
    return undefined;
  }
  if (local.socket !== undefined) {
    return bySocket(local, local.socket, { serves, wanted, suggested });
  }
  if (suggested !== undefined) {
    const { PORT } = settings;
    const why = PORT === undefined ? "" : ` (PORT=${printable(PORT)} in ${SETTINGS})`;
    return `The control plane of this host serves ${printable(serves.origin, 200)}${why}: set control_plane.url to ${suggested.origin}, if it is the one.`;
  }
  const name = printable(serves.hostname, 200);
  const place = address === undefined ? name : `${name} (${address})`;
  const { HOST } = settings;
  const is = `The control plane of this host runs, but it listens on ${place} port ${portOf(serves)}, not ${wanted.hostname} port ${portOf(wanted)}`;
  const restart = asRoot(`systemctl restart ${SERVICE}`);
  return HOST === undefined
    ? [
        step(
          `${is}: remove its HOST from ${SETTINGS}, or from the unit. To see the unit, run:`,
          asRoot(`systemctl cat ${SERVICE}`),
        ),
        step("Then restart it:", restart),
      ]
    : [step(`${is}: remove HOST=${printable(HOST)} from ${SETTINGS} and restart it:`, restart)];
}

/** What is meant first: the port of its settings, or that of the socket. */
function bySocket(
  { settings }: LocalAddress,
  { listens, path }: ListeningSocket,
  urls: { readonly serves: URL; readonly wanted: URL; readonly suggested: URL | undefined },
): Remedy {
  const unit = `${SERVICE}.socket`;
  const { HOST, PORT } = settings;
  const set = [HOST && `HOST=${printable(HOST)}`, PORT && `PORT=${printable(PORT)}`].filter(Boolean);
  const own = set.length === 0 ? "HOST and PORT" : `${set.join(" and ")} in ${SETTINGS}`;
  const why = `systemd gives the control plane of this host its port: ${unit} is active (ListenStream=${printable(listens)}, ${printable(path, 400)}), so it serves ${printable(urls.serves.origin, 200)} and ignores ${own}.`;
  const without = (start: string) =>
    step(
      `${start} HOST and PORT should count, so that it serves port ${printable(PORT ?? USUAL_PORT)}, run:`,
      asRoot(`systemctl disable --now ${unit}`),
      asRoot(`systemctl restart ${SERVICE}`),
    );
  const url =
    urls.suggested === undefined
      ? "set control_plane.url to its address"
      : `set control_plane.url to ${urls.suggested.origin}`;
  return portOf(urls.wanted) === (PORT ?? USUAL_PORT)
    ? [without(`${why} If`), step(`If the socket should stay, ${url} instead.`)]
    : [step(`${why} If the socket should stay, ${url}.`), without("If instead")];
}

function isSameHost(
  { addresses: own }: LocalAddress,
  serves: URL,
  wanted: URL,
  addresses: readonly string[],
): boolean {
  const listens = own ?? (isName(serves) ? [] : [bare(serves)]);
  return (
    ANY_ADDRESS.has(serves.hostname) ||
    serves.hostname === wanted.hostname ||
    listens.some((each) => addresses.includes(each))
  );
}

/**
 * The URL of the server that the agent accepts, if there is one. A host that means the right
 * address stays as it is: the certificate is for that name.
 */
function acceptable(serves: URL, wanted: URL, isSame: boolean): URL | undefined {
  const own = ANY_ADDRESS.has(serves.hostname) ? "127.0.0.1" : serves.hostname;
  return (isSame ? [wanted.hostname, own] : [own])
    .map((host) => new URL(`${serves.protocol}//${host}:${portOf(serves)}`))
    .find((url) => controlPlaneUrl.safeParse(url.origin).success);
}

export function portOf({ port, protocol }: URL): string {
  return port === "" ? (protocol === "https:" ? "443" : "80") : port;
}

/** Whether the host of a URL needs a look-up to become an address. */
export function isName(url: URL): boolean {
  return isIP(bare(url)) === 0;
}

/** The host without the brackets of IPv6. */
export function bare({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/gu, "");
}
