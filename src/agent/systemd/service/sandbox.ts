import { type HiddenFolder, HOMES, isBelow } from "../../../lib/files/hidden-folders.ts";
import type { ServiceFacts } from "./service-facts.ts";

/** systemd.exec(5), PrivateTmp=. */
const TEMPORARY = ["/tmp", "/var/tmp"];

/** The folders that the settings of the unit hide from the service. */
export function hiddenFolders(facts: ServiceFacts): readonly HiddenFolder[] {
  const { ProtectHome, PrivateTmp, InaccessiblePaths, TemporaryFileSystem } = facts;
  const all = (folders: readonly string[], setting: string) => folders.map((folder) => ({ folder, setting }));
  return [
    ...all(["yes", "tmpfs"].includes(ProtectHome) ? HOMES : [], `ProtectHome=${ProtectHome}`),
    ...all(["yes", "disconnected"].includes(PrivateTmp) ? TEMPORARY : [], `PrivateTmp=${PrivateTmp}`),
    ...InaccessiblePaths.map((path) => ({ folder: bare(path), setting: "InaccessiblePaths=" })),
    ...TemporaryFileSystem.map((path) => ({ folder: bare(path), setting: "TemporaryFileSystem=" })),
  ];
}

/** Paths of the unit that have to exist before the service can start, with their settings. */
export function neededPaths(
  facts: ServiceFacts,
): readonly { readonly path: string; readonly setting: string }[] {
  const { ReadWritePaths, ReadOnlyPaths, InaccessiblePaths, BindPaths, BindReadOnlyPaths } = facts;
  const { NetworkNamespacePath: namespace } = facts;
  const needed = (setting: string, paths: readonly string[]) =>
    paths
      // A minus allows a path that is missing; a plus is for a root of its own.
      .filter((path) => !path.startsWith("-") && !path.startsWith("+-"))
      .map((path) => ({ setting, path: bare(path) }));
  return [
    ...needed("ReadWritePaths=", ReadWritePaths),
    ...needed("ReadOnlyPaths=", ReadOnlyPaths),
    ...needed("InaccessiblePaths=", InaccessiblePaths),
    ...needed("BindPaths=", BindPaths),
    ...needed("BindReadOnlyPaths=", BindReadOnlyPaths),
    ...(namespace === "" ? [] : [{ setting: "NetworkNamespacePath=", path: namespace }]),
  ];
}

/** The folders that systemd makes for the service, with their settings. */
export function ownFolders(
  facts: ServiceFacts,
): readonly { readonly path: string; readonly setting: string }[] {
  const { StateDirectory, RuntimeDirectory, CacheDirectory, LogsDirectory } = facts;
  const below = (folder: string, setting: string, names: readonly string[]) =>
    names.map((name) => ({ setting, path: `${folder}/${bare(name)}` }));
  return [
    ...below("/var/lib", "StateDirectory=", StateDirectory),
    ...below("/run", "RuntimeDirectory=", RuntimeDirectory),
    ...below("/var/cache", "CacheDirectory=", CacheDirectory),
    ...below("/var/log", "LogsDirectory=", LogsDirectory),
  ];
}

/** Whether the settings of the unit let the service write below `path`. */
export function isWritable(path: string, facts: ServiceFacts): boolean {
  const own = [...facts.ReadWritePaths.map(bare), ...ownFolders(facts).map((folder) => folder.path)];
  if (own.some((folder) => isBelow(path, folder))) {
    return true;
  }
  const readOnly = readOnlyFolders(facts.ProtectSystem);
  return !readOnly.some((folder) => isBelow(path, folder));
}

function readOnlyFolders(protectSystem: string): readonly string[] {
  switch (protectSystem) {
    case "strict":
      return ["/"];
    case "full":
      return ["/usr", "/boot", "/efi", "/etc"];
    case "yes":
      return ["/usr", "/boot", "/efi"];
    default:
      return [];
  }
}

/** Without the marks in front and the options behind: `-/srv/a:/srv/b:rbind`. */
function bare(path: string): string {
  return path.replace(/^[-+]+/u, "").replace(/:.*$/u, "");
}
