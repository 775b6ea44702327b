import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { inTime } from "../../../lib/files/file-answer.ts";
import { followLinks } from "../../../lib/files/follow-links.ts";
import { type HiddenFolder, hiddenIn, hiddenMounts } from "../../../lib/files/hidden-folders.ts";
import type { HiddenFile } from "../../config/file/hidden-file.ts";
import type { Loaded } from "../../config/load-config.ts";
import { hiddenFolders } from "../../systemd/service/sandbox.ts";
import { isInstalled, readServiceFacts, type ServiceFacts } from "../../systemd/service/service-facts.ts";
import { type ServiceView, viewOf } from "./service-view.ts";

/** By the running process if there is one, and by the settings of its unit. */
export async function hiddenNow(facts: ServiceFacts): Promise<readonly HiddenFolder[]> {
  const mounts =
    facts.MainPID === 0 ? "" : await readFile(`/proc/${facts.MainPID}/mountinfo`, "utf8").catch(() => "");
  return [...hiddenFolders(facts), ...hiddenMounts(mounts)];
}

/** The installed service; undefined if there is none. */
export async function installedService(): Promise<ServiceView | undefined> {
  const facts = await readServiceFacts();
  return isInstalled(facts) ? await viewOf(facts) : undefined;
}

/** The hidden files of an agent, if it is the one of the installed service. */
export async function hiddenFromService({
  path,
  files,
}: Pick<Loaded, "path" | "files">): Promise<readonly HiddenFile[]> {
  const service = await installedService();
  return service?.configPath === path ? await hiddenFiles(service, files) : [];
}

/** Those of `files` that the service does not see, but for its credentials. */
export async function hiddenFiles(
  { facts, environment }: ServiceView,
  files: readonly string[],
): Promise<readonly HiddenFile[]> {
  const hidden = await hiddenNow(facts);
  const { CREDENTIALS_DIRECTORY: credentials } = environment.variables;
  const found = await Promise.all(
    files.map(async (path): Promise<readonly HiddenFile[]> => {
      if (credentials !== undefined && path.startsWith(join(credentials, "/"))) {
        return [];
      }
      const real = await inTime(path, () => realpath(path)).catch(() => undefined);
      const by = real === undefined ? undefined : (hiddenIn(path, hidden) ?? hiddenIn(real, hidden));
      return real === undefined || by === undefined
        ? []
        : [{ path, target: real, link: (await followLinks(path)).link, by }];
    }),
  );
  return found.flat();
}
