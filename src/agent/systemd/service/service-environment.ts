import { SERVICE } from "../service-unit.ts";
import { environmentFile } from "./environment-file.ts";
import { managerPlaces } from "./manager-files.ts";
import { quotedWords } from "./quoted-words.ts";
import type { ServiceFacts } from "./service-facts.ts";
import { type Assignment, inForce } from "./unit-files.ts";

/** The environment of the service, and where each variable gets its value. */
export interface ServiceEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** `/etc/systemd/system/novacula-agent.service.d/p.conf line 2`, by variable; not scrubbed. */
  readonly sources: ReadonlyMap<string, string>;
  /** The same for variables that `UnsetEnvironment=` takes away again. */
  readonly unset: ReadonlyMap<string, string>;
  /** Lines of the files that set nothing: `/etc/default/proxy line 2`. */
  readonly ignored: readonly string[];
  /** The one of them that was meant to name agent.toml. */
  readonly ignoredPath?: string | undefined;
}

export interface EnvironmentParts {
  readonly facts: ServiceFacts;
  /** Of the unit and its drop-ins, in the order in which systemd reads them. */
  readonly assignments: readonly Assignment[];
  /** What `systemctl show-environment` prints. */
  readonly manager: string;
  /** Of the files that configure systemd itself, in the order in which it reads them. */
  readonly managerAssignments?: readonly Assignment[];
  /** The files of `EnvironmentFile=` that could be read, in their order. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/**
 * systemd.exec(5), "Environment Variables in Spawned Processes": later ones replace earlier ones,
 * and `UnsetEnvironment=` comes last.
 */
export function serviceEnvironment({
  facts,
  assignments,
  manager,
  managerAssignments = [],
  files,
}: EnvironmentParts): ServiceEnvironment {
  const found = new Map<string, { readonly value: string; readonly source: string }>();
  const set = (text: string, source: string) => {
    const equals = text.indexOf("=");
    if (equals > 0) {
      found.set(text.slice(0, equals), { value: text.slice(equals + 1), source });
    }
  };
  const inManager = managerPlaces(managerAssignments);
  for (const text of manager.split("\n").map((line) => quotedWords(line)[0] ?? "")) {
    set(text, managerSource(text, inManager));
  }
  for (const text of ownVariables(facts, assignments)) {
    set(text, SERVICE);
  }
  const places = placesOf(assignments);
  for (const text of facts.Environment) {
    set(text, places.get(text.slice(0, text.indexOf("="))) ?? `Environment= of ${SERVICE}`);
  }
  const ignored: string[] = [];
  let ignoredPath: string | undefined;
  for (const { path, text } of files) {
    const { variables, ignoredLines } = environmentFile(text);
    for (const { name, value, line } of variables) {
      set(`${name}=${value}`, `${path} line ${line}`);
    }
    const lines = text.split("\n");
    for (const line of ignoredLines) {
      ignored.push(`${path} line ${line}`);
      ignoredPath = /\bNOVACULA_CONFIG\b/u.test(lines[line - 1] ?? "") ? ignored.at(-1) : ignoredPath;
    }
  }
  const isUnset = ([name, { value }]: readonly [string, { readonly value: string }]) =>
    facts.UnsetEnvironment.includes(name) || facts.UnsetEnvironment.includes(`${name}=${value}`);
  const kept = [...found].filter((entry) => !isUnset(entry));
  const sourcesOf = (entries: readonly (readonly [string, { readonly source: string }])[]) =>
    new Map(entries.map(([name, { source }]) => [name, source]));
  return {
    variables: Object.fromEntries(kept.map(([name, { value }]) => [name, value])),
    sources: sourcesOf(kept),
    unset: sourcesOf([...found].filter(isUnset)),
    ignored,
    ignoredPath,
  };
}

/** With `systemctl set-environment`, a variable has another value than the files give it. */
function managerSource(text: string, places: ReturnType<typeof managerPlaces>): string {
  const found = places.get(text.slice(0, text.indexOf("=")));
  const isOf = found !== undefined && (found.value.includes("%") || text.endsWith(`=${found.value}`));
  return isOf ? found.place : "systemd's own environment (systemctl show-environment)";
}

/** The place of the assignment that counts, by variable. */
function placesOf(assignments: readonly Assignment[]): ReadonlyMap<string, string> {
  return new Map(
    inForce(assignments, "Service", "Environment").flatMap(({ file, line, value }) =>
      quotedWords(value).map((word) => [word.slice(0, word.indexOf("=")), `${file} line ${line}`] as const),
    ),
  );
}

/** What systemd itself sets for the folders of a service. */
function ownVariables(facts: ServiceFacts, assignments: readonly Assignment[]): readonly string[] {
  const folders = (base: string, names: readonly string[]) =>
    names.map((name) => `${base}/${name}`).join(":");
  const { StateDirectory, RuntimeDirectory } = facts;
  return [
    ...(StateDirectory.length === 0 ? [] : [`STATE_DIRECTORY=${folders("/var/lib", StateDirectory)}`]),
    ...(RuntimeDirectory.length === 0 ? [] : [`RUNTIME_DIRECTORY=${folders("/run", RuntimeDirectory)}`]),
    ...(hasCredentials(assignments) ? [`CREDENTIALS_DIRECTORY=/run/credentials/${SERVICE}`] : []),
  ];
}

/** `systemctl show` of systemd 252 and 257 prints no credentials. */
function hasCredentials(assignments: readonly Assignment[]): boolean {
  return ["Load", "Set"]
    .flatMap((verb) => [`${verb}Credential`, `${verb}CredentialEncrypted`])
    .some((name) => inForce(assignments, "Service", name).length > 0);
}
