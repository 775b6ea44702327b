import { execFile } from "node:child_process";

const LIMIT_MS = 15_000;
/** A unit takes less than 1 kB. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Properties of many units, from one `systemctl show`; by the name of the unit. Undefined if
 * systemd does not answer. Its environment is empty but for what makes its output stable.
 */
export function showUnits(
  units: readonly string[],
  properties: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>> | undefined> {
  const args = ["show", "--no-pager", `--property=${["Id", ...properties].join(",")}`, "--", ...units];
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
  return new Promise((resolve) => {
    execFile(
      "systemctl",
      args,
      { env, timeout: LIMIT_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout) => resolve(error === null ? parseUnits(stdout) : undefined),
    );
  });
}

/** Blocks of `NAME=VALUE` lines with an empty line between them. */
export function parseUnits(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const units = new Map<string, ReadonlyMap<string, string>>();
  for (const block of text.split("\n\n")) {
    const values = new Map<string, string>();
    for (const line of block.split("\n")) {
      const equals = line.indexOf("=");
      if (equals > 0) {
        values.set(line.slice(0, equals), line.slice(equals + 1));
      }
    }
    const id = values.get("Id");
    if (id !== undefined) {
      units.set(id, values);
    }
  }
  return units;
}
