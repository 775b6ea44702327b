import { lstat, realpath, stat } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";
import { type HiddenFolder, hiddenIn } from "../../../lib/files/hidden-folders.ts";
import { readOnlyMount } from "../../../lib/files/mounts/read-only-mount.ts";
import type { Loaded } from "../../config/load-config.ts";
import type { PlaceFacts } from "../../doctor/check-places.ts";
import { isWritable, neededPaths, ownFolders } from "../../systemd/service/sandbox.ts";
import type { ServiceFacts } from "../../systemd/service/service-facts.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { unitCredentials } from "../../systemd/unit-credentials.ts";
import { hiddenFiles, hiddenNow } from "../host/hidden-files.ts";
import type { ServiceView } from "../host/service-view.ts";
import { unitUser } from "../host/user/identity.ts";

interface JudgedFolders {
  readonly runtimeDir: string;
  readonly dataDir: { readonly path: string; readonly source: string | undefined };
}

/** Looks at the files and folders of an agent as its service finds them. */
export async function placeFacts(
  service: ServiceView,
  loaded: Loaded,
  { runtimeDir, dataDir }: JudgedFolders,
): Promise<PlaceFacts> {
  const { facts, unread } = service;
  const hidden = await hiddenNow(facts);
  const needed = await Promise.all(
    neededPaths(facts).map(async (each) => ((await kindOf(each.path)) === "missing" ? [each] : [])),
  );
  return {
    owner: { user: facts.User || "root", group: facts.Group || facts.User || "root" },
    hidden: await hiddenFiles(service, loaded.files),
    missing: needed.flat(),
    missingSources: await missingSources(),
    unread,
    blocked: await blockedPlaces(facts, runtimeDir),
    dataDir: { ...dataDir, state: await stateOf(dataDir.path, facts, hidden) },
  };
}

/** systemd does not start a service without such a file, whether the agent uses it or not. */
async function missingSources(): Promise<PlaceFacts["missingSources"]> {
  const { loaded, inline } = (await unitCredentials(SERVICE)) ?? { loaded: new Map(), inline: new Map() };
  const found = await Promise.all(
    [...loaded].map(async ([credential, { from }]) => {
      // SetCredential= of the same name is used in its place.
      const isNeeded = from.startsWith("/") && !inline.has(credential);
      return isNeeded && (await kindOf(from)) === "missing" ? [{ path: from, credential }] : [];
    }),
  );
  return found.flat();
}

async function stateOf(
  path: string,
  facts: ServiceFacts,
  hidden: readonly HiddenFolder[],
): Promise<PlaceFacts["dataDir"]["state"]> {
  const real = await inTime(path, () => realpath(path)).catch(() => path);
  const by = hiddenIn(path, hidden) ?? hiddenIn(real, hidden);
  if (by !== undefined) {
    return by;
  }
  const mount = readOnlyMount(real);
  if (mount !== undefined) {
    return mount;
  }
  // systemd makes the folders of its own settings.
  if (facts.StateDirectory.some((name) => `/var/lib/${name}` === path)) {
    return "usable";
  }
  const kind = await kindOf(path);
  if (kind !== "folder") {
    return kind === "other" ? "usable" : kind;
  }
  if (!isWritable(real, facts)) {
    return "read-only";
  }
  return (await isOwnersFolder(path, facts)) ? "usable" : "not-owned";
}

/** What is in the way of a folder that systemd makes for the service, or of the agent's socket. */
async function blockedPlaces(facts: ServiceFacts, runtimeDir: string): Promise<PlaceFacts["blocked"]> {
  const folders = await Promise.all(
    ownFolders(facts).map(async ({ path, setting }) => {
      const found = (await kindOf(path)) === "file" ? "a file" : await linkToNothing(path);
      return found === undefined
        ? []
        : [{ path, found, wanted: `the folder of ${setting} in its unit` } as const];
    }),
  );
  const path = `${runtimeDir}/agent.sock`;
  const socket = { path, found: "a folder", wanted: "the agent's socket" } as const;
  return [...folders.flat(), ...((await kindOf(path)) === "folder" ? [socket] : [])];
}

async function linkToNothing(path: string): Promise<"a link that leads nowhere" | undefined> {
  const isLink = await inTime(path, () => lstat(path)).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  const leadsNowhere = isLink && (await isGone(path, stat));
  return leadsNowhere ? "a link that leads nowhere" : undefined;
}

/** `other`: nobody can tell, or it is a socket or a device. */
async function kindOf(path: string): Promise<"folder" | "file" | "missing" | "other"> {
  return await inTime(path, () => stat(path)).then(
    (stats) => (stats.isDirectory() ? "folder" : stats.isFile() ? "file" : "other"),
    async () => ((await isGone(path)) ? "missing" : "other"),
  );
}

async function isGone(path: string, look: (path: string) => Promise<unknown> = lstat): Promise<boolean> {
  return await inTime(path, () => look(path)).then(
    () => false,
    (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT",
  );
}

/** Judges by the mode alone. A user that this host does not list may own anything. */
async function isOwnersFolder(path: string, facts: ServiceFacts): Promise<boolean> {
  const user = unitUser(facts);
  if (user === undefined || user.uid === 0) {
    return true;
  }
  const { uid, gid, mode } = await stat(path);
  const shift = uid === user.uid ? 6 : user.gids.includes(gid) ? 3 : 0;
  return ((mode >> shift) & WRITE_AND_ENTER) === WRITE_AND_ENTER;
}

const WRITE_AND_ENTER = 3;
