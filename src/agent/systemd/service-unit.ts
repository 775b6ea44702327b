import { hash } from "node:crypto";
import { readFileSync } from "node:fs";

export const SERVICE = "novacula-agent.service";
/** systemd.unit(5): for the administrator's units, and what `install` writes. */
export const INSTALLED_UNIT = `/etc/systemd/system/${SERVICE}`;
export const PACKAGED_UNITS = [`/usr/lib/systemd/system/${SERVICE}`, `/lib/systemd/system/${SERVICE}`];

export const PACKAGED_BINARY = "/usr/bin/novacula-agent";
/** systemd.service(5), OpenFile=. The package's postinst has the same number. */
const FIRST_WITH_OPEN_FILE = 253;
const STAMP = /^# Written by `novacula-agent install`; sha256 ([0-9a-f]{64})\n/u;

/** The text of the unit of the package. */
export function shippedUnit(): string {
  return readFileSync(new URL("../../../systemd/novacula-agent.service", import.meta.url), "utf8");
}

/** The drop-in that the package adds where systemd knows its settings. */
export function shippedDropIn(): string {
  return readFileSync(new URL("../../../systemd/novacula-agent-notify.conf", import.meta.url), "utf8");
}

/**
 * The unit of the package (systemd/novacula-agent.service) with another binary, with the drop-in
 * for a systemd that knows it, and with a first line that reveals whether it was edited later.
 */
export function installedUnit(binary: string, systemdVersion: number): string {
  const dropIn = systemdVersion >= FIRST_WITH_OPEN_FILE ? `\n${shippedDropIn()}` : "";
  const text = `${shippedUnit()}${dropIn}`.replaceAll(PACKAGED_BINARY, () => binary);
  return `# Written by \`novacula-agent install\`; sha256 ${hash("sha256", text, "hex")}\n${text}`;
}

/** True for a unit that `install` wrote, in any version, and that nobody has changed. */
export function isAsInstalled(text: string): boolean {
  const stamp = STAMP.exec(text);
  return stamp !== null && hash("sha256", text.slice(stamp[0].length), "hex") === stamp[1];
}

/** The program that a unit names. For messages only: no file is removed because a text names it. */
export function binaryOf(unit: string): string | undefined {
  return /^ExecStart=(\S+)/mu.exec(unit)?.[1];
}
