import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { errorCode } from "../../lib/errors.ts";

/** The environment of the service, which the package creates. */
export const ENVIRONMENT_FILE = "/etc/default/novacula-control-plane";
export const UNIT = "novacula-control-plane.service";

/** systemd.unit(5): of two units or drop-ins with one name, the first counts. */
const UNIT_FOLDERS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** The rest of the line, or what is in its quotes. */
const DATABASE_IN_FILE = /^\s*DATABASE_URL\s*=\s*(["']?)(.*?)\1\s*$/u;
/** Where the service's variables are set, as far as this user may read it. */
export interface ServiceEnvironment {
  /** `/etc/default/novacula-control-plane line 3`, by the name of the variable. */
  readonly places: ReadonlyMap<string, string>;
  /** What DATABASE_URL is set to there. It may have a password. */
  readonly databaseUrl: string | undefined;
  /** The environment files that only another user may read. */
  readonly unreadable: readonly string[];
  /** What looks like a variable in an environment file, and is none for systemd. */
  readonly ignored: readonly IgnoredLine[];
}

interface IgnoredLine {
  readonly name: string;
  readonly place: string;
  /** A clause: `export belongs to shells`. */
  readonly why: string;
}

/** Reads the unit, its drop-ins and its environment files below `root`. */
export function readServiceEnvironment(root = "/"): ServiceEnvironment {
  const places = new Map<string, string>();
  const files: string[] = [];
  let databaseUrl: string | undefined;
  for (const path of unitFiles(root)) {
    for (const { key, value, line } of assignments(textOf(join(root, path)) ?? "")) {
      if (key === "EnvironmentFile") {
        files.push(value.replace(/^-/u, ""));
      } else if (key === "Environment") {
        for (const name of namesIn(value)) {
          places.set(name, `${path} line ${line}`);
        }
        databaseUrl = databaseIn(value) ?? databaseUrl;
      }
    }
  }
  const unreadable: string[] = [];
  const ignored: IgnoredLine[] = [];
  // systemd.exec(5): what these files set overrides Environment=.
  for (const path of files) {
    const text = textOf(join(root, path));
    if (text === null) {
      unreadable.push(path);
    }
    for (const [index, row] of (text ?? "").split("\n").entries()) {
      const place = `${path} line ${index + 1}`;
      // Unlike a unit, such a file may have white space before the equals sign.
      const name = /^\s*(\w+)\s*=/u.exec(row)?.[1];
      if (name !== undefined) {
        places.set(name, place);
      }
      databaseUrl = DATABASE_IN_FILE.exec(row)?.[2] ?? databaseUrl;
      ignored.push(...oddForms(row).map((form) => ({ ...form, place })));
    }
  }
  return { places, databaseUrl: databaseUrl || undefined, unreadable, ignored };
}

/** Whether the service is installed on this host. */
export function isServiceInstalled(root = "/"): boolean {
  return UNIT_FOLDERS.some((folder) => textOf(join(root, folder, UNIT)) !== undefined);
}

function unitFiles(root: string): readonly string[] {
  const unit = UNIT_FOLDERS.map((folder) => join(folder, UNIT)).find(
    (path) => textOf(join(root, path)) !== undefined,
  );
  const dropIns = new Map<string, string>();
  for (const folder of UNIT_FOLDERS.map((each) => join(each, `${UNIT}.d`))) {
    for (const name of namesOf(join(root, folder))) {
      if (name.endsWith(".conf") && !dropIns.has(name)) {
        dropIns.set(name, join(folder, name));
      }
    }
  }
  const sorted = [...dropIns.values()].sort((one, two) => (basename(one) < basename(two) ? -1 : 1));
  return unit === undefined ? [] : [unit, ...sorted];
}

/** A name as systemd.exec(5) wants it, in a form of other programs. */
const ODD_FORMS: readonly (readonly [form: RegExp, why: string])[] = [
  [/^\s*(?:export|set|setenv|declare -x)\s+(\w+)\s*=/u, "a file for systemd has the name alone before the ="],
  [/^\s*(?:setenv\s+)?([A-Z][A-Z0-9_]+)\s*:(?:\s|$)/u, "a file for systemd has = in place of the colon"],
  [/^\s*(?:Environment=|-e\s+|--env\s+)["']?(\w+)=/u, "a file for systemd has the name alone before the ="],
];

function oddForms(row: string): readonly { readonly name: string; readonly why: string }[] {
  return ODD_FORMS.flatMap(([form, why]) => {
    const name = form.exec(row)?.[1];
    return name === undefined ? [] : [{ name, why }];
  });
}

/** The lines of the form `KEY=value`, without comments. */
function assignments(text: string) {
  return text.split("\n").flatMap((line, index) => {
    const [, key, value] = /^\s*(\w+)=(.*)$/u.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value, line: index + 1 }];
  });
}

/** The variables of `Environment=`, such as `PORT=1 "HOST=::"`. */
function namesIn(value: string): readonly string[] {
  return Array.from(value.matchAll(/(?:^|\s)["']?(\w+)=/gu), ([, name = ""]) => name);
}

/** The value of DATABASE_URL in an `Environment=`, such as `"DATABASE_URL=file:/a b" PORT=1`. */
function databaseIn(value: string): string | undefined {
  const words = Array.from(
    value.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/gu),
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
  return words.findLast((word) => word.startsWith("DATABASE_URL="))?.slice("DATABASE_URL=".length);
}

/** Null if this user may not read it, undefined if it is not there. */
function textOf(path: string): string | null | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return errorCode(error) === "EACCES" || errorCode(error) === "EPERM" ? null : undefined;
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
