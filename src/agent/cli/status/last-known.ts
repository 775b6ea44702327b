import { utcTime } from "../../../lib/clock.ts";
import { printable } from "../../../lib/printable.ts";
import { readMemory } from "../../daemon/resources/memory.ts";
import { keyName } from "./status-report.ts";

/**
 * What the last agent here remembered about its key, as a sentence; undefined if nothing is stored.
 */
export async function lastKnown(dataDir: string): Promise<string | undefined> {
  const { keys, organizations } = await readMemory(dataDir);
  const [key] = keys;
  if (key === undefined) {
    return undefined;
  }
  const [organization] = organizations;
  const where = organization === undefined ? "" : ` in organization ${printable(organization.name)}`;
  const name = keyName({ fingerprint: key.fingerprint, name: key.keyName, id: key.keyId });
  const accepted =
    key.acceptedAt === undefined ? "never accepted" : `last accepted at ${utcTime(key.acceptedAt)}`;
  const end = key.verdict === "refused" ? ", refused when the agent stopped" : "";
  return `Last known: key ${name}${where}, ${accepted}${end}.`;
}
