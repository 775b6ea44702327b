import { editDistance } from "../../../lib/text/edit-distance.ts";
import { KEYS_BY_TABLE } from "../schema/config-schema.ts";
import { looksSecret } from "../schema/secret-looks.ts";

/** What other agents call the same settings. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["token", "access_token"],
  ["key", "access_token"],
  ["api_key", "access_token"],
  ["apikey", "access_token"],
  ["executor_key", "access_token"],
  ["secret", "access_token"],
  ["token_file", "access_token_file"],
  ["key_file", "access_token_file"],
  ["access_token_path", "access_token_file"],
  ["endpoint", "url"],
  ["server", "url"],
  ["address", "url"],
  ["host", "url"],
  ["ca", "ca_file"],
  ["ca_cert", "ca_file"],
  ["ca_path", "ca_file"],
  ["https_proxy", "proxy"],
  ["http_proxy", "proxy"],
  ["log_level", "level"],
  ["log_format", "format"],
  ["hostname", "name"],
  ["executor_name", "name"],
  ["data_directory", "data_dir"],
  ["state_dir", "data_dir"],
]);

/**
 * What to do about a setting that `[table]` does not have; never quotes the value. `present` are
 * the settings that are there.
 */
export function unknownKeyRemedy(table: string, key: string, present: readonly string[]): string {
  const own = KEYS_BY_TABLE.get(table) ?? [];
  const near = nearest(key, own);
  if (near !== undefined) {
    return present.includes(near)
      ? `[${table}] has ${near} already: delete this line.`
      : `Rename ${renamed(key)} to ${near}.`;
  }
  for (const [other, keys] of KEYS_BY_TABLE) {
    if (other === table) {
      continue;
    }
    const home = nearest(key, keys);
    if (home === undefined) {
      continue;
    }
    return normal(home) === normal(key)
      ? `${home} belongs in [${other}].`
      : `Write it as ${home}, below [${other}].`;
  }
  return `[${table}] has ${own.join(", ")}. Delete the line, or put a # in front of it.`;
}

/**
 * What to do about an unknown table, or an unknown setting above the first table. `present` are the
 * names at the top of the file.
 */
export function unknownTableRemedy(name: string, isTable: boolean, present: readonly string[]): string {
  const near = meantTable(name);
  if (near !== undefined) {
    return present.includes(near)
      ? `There is a table [${near}] already: move these lines into it.`
      : `Rename ${isTable ? `[${renamed(name)}] to [${near}]` : `it, and write [${near}] on a line of its own`}.`;
  }
  for (const [table, keys] of KEYS_BY_TABLE) {
    const home = nearest(name, keys);
    if (home !== undefined) {
      return `${home} belongs in [${table}]: put it below the line [${table}].`;
    }
  }
  return `The tables are ${[...KEYS_BY_TABLE.keys()].map((table) => `[${table}]`).join(", ")}.`;
}

/** The table that a wrong name was most likely meant for. */
export function meantTable(name: string): string | undefined {
  return nearest(name, [...KEYS_BY_TABLE.keys()]);
}

function renamed(name: string): string {
  return isShown(name) ? name : "it";
}

/** The name of a setting, or a substitute if it could be a piece of an executor key. */
export function shownName(name: string): string {
  return isShown(name) ? name : "(a name that is not shown)";
}

function isShown(name: string): boolean {
  return /^[\w.-]{1,40}$/u.test(name) && !looksSecret(name);
}

function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = normal(name);
  const synonym = SYNONYMS.get(name.toLowerCase().replaceAll("-", "_"));
  if (synonym !== undefined && candidates.includes(synonym)) {
    return synonym;
  }
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.floor(wanted.length / 3) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normal(candidate));
    if (distance >= bestDistance) {
      continue;
    }
    best = candidate;
    bestDistance = distance;
  }
  return best ?? candidates.find((candidate) => wanted.length >= 4 && normal(candidate).includes(wanted));
}

/** People read `Access-Token`, `accessToken` and `access_token` as the same name. */
function normal(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll(/[-_ ]/gu, "");
}
