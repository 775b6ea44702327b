import { systemClock } from "../../../../lib/clock.ts";
import { isPlainHost, type RightName } from "../../../doctor/connection/right-name.ts";
import { NameLookUp } from "../../../sync/network/name-lookup.ts";
import type { KeyQuestion, KeyVerdict } from "../../key/ask-control-plane.ts";

const LOOK_UP_MS = 2000;
/** Certificates of large services have hundreds. */
const MAX_NAMES = 8;

/** The first name of a certificate for other names that leads to where the URL does. */
export async function rightNameOf(
  { certificateNames = [] }: Pick<KeyVerdict, "certificateNames">,
  { config, lines, path }: Pick<KeyQuestion, "config" | "lines" | "path">,
): Promise<RightName | undefined> {
  const { hostname } = new URL(config.controlPlane.url);
  const line = lines.get("control_plane.url");
  const names = certificateNames.filter(isPlainHost).slice(0, MAX_NAMES);
  if (line === undefined || !isPlainHost(hostname) || names.length === 0) {
    return undefined;
  }
  const [wanted = new Set(), ...found] = await Promise.all([hostname, ...names].map(addressesOf));
  const name = names.find((_name, index) => found[index]?.intersection(wanted).size);
  return name === undefined ? undefined : { name, path, line };
}

async function addressesOf(name: string): Promise<ReadonlySet<string>> {
  const found = await new NameLookUp(name, systemClock).addresses(LOOK_UP_MS).catch(() => []);
  return new Set(found.map(({ address }) => address));
}
