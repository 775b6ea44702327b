import { printable } from "../../../lib/printable.ts";
import { credentialName } from "../../config/credential.ts";
import { withDefaultName } from "../../config/default-name.ts";
import { type FileRead, readBoundedFile } from "../../config/file/read-file.ts";
import { type Loaded, loadConfig } from "../../config/load-config.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { DEFAULT_DATA_DIR, DEFAULT_RUNTIME_DIR } from "../../config/schema/agent-config.ts";
import { decodeText } from "../../config/schema/config-text.ts";
import { readMemory, rememberedName } from "../../daemon/resources/memory.ts";
import { type ConfigOptions, type ConfigPlace, findConfig } from "./config-place.ts";
import { serviceReader } from "./service-identity.ts";

/** The folders of an agent. */
export interface AgentFolders extends ConfigPlace {
  readonly runtimeDir: string;
  readonly dataDir: string;
  /**
   * Why agent.toml cannot be used, as a clause; the folders are then a guess. Undefined if it can
   * be used.
   */
  readonly obstacle: string | undefined;
  /** Whether the obstacle is that this user may not read the file. */
  readonly isDenied: boolean;
  /** The name of the systemd credential that the key is, if it is one. */
  readonly credential: string | undefined;
}

/** The same, with the configuration and the key as they are in the files now. */
export interface AgentPlace extends AgentFolders {
  readonly loaded: Loaded;
}

/**
 * Finds the folders of the agent that the options name. Reads only agent.toml: the key file is not
 * needed, and may hang. Works with an invalid file too: an agent may still run with an older one.
 */
export async function findFolders(
  options: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): Promise<AgentFolders> {
  const place = await findConfig(options, environment);
  const { path } = place;
  const read = await readBoundedFile(path);
  const text = textOf(read);
  const parsed = text === undefined ? undefined : await parseConfig(text, path);
  if (parsed?.kind === "valid") {
    const { accessTokenFile } = parsed.config.controlPlane;
    const credential = accessTokenFile === undefined ? undefined : credentialName(accessTokenFile);
    return { ...place, ...parsed.config.agent, obstacle: undefined, isDenied: false, credential };
  }
  return {
    ...place,
    runtimeDir: written(text, "runtime_dir") ?? environment["RUNTIME_DIRECTORY"] ?? DEFAULT_RUNTIME_DIR,
    dataDir: written(text, "data_dir") ?? environment["STATE_DIRECTORY"] ?? DEFAULT_DATA_DIR,
    isDenied: read.kind === "unreadable" && ["EACCES", "EPERM"].includes(read.code),
    obstacle: read.kind === "unreadable" ? read.problem : "is not valid",
    credential: undefined,
  };
}

/** Finds the same folders, and reads the configuration and the key. */
export async function findAgent(options: ConfigOptions, environment: NodeJS.ProcessEnv): Promise<AgentPlace> {
  const folders = await findFolders(options, environment);
  const loaded = await loadConfig(folders.path, environment, undefined, await serviceReader());
  return { loaded: await withKeptName(loaded), ...folders };
}

/**
 * The configuration with the name that the executor has if `agent.name` is not set. A user who may
 * not read state.json gets the host's.
 */
export async function withKeptName(loaded: Loaded): Promise<Loaded> {
  const config = loaded.verdict === "invalid" ? loaded.twoKeys?.config : loaded.config;
  if (config === undefined || config.agent.isNameSet) {
    return loaded;
  }
  const name = rememberedName(await readMemory(config.agent.dataDir));
  return name === undefined ? loaded : withDefaultName(loaded, name);
}

/** Its socket may be elsewhere: agent.toml, which names the place, cannot be read. A sentence. */
export function unknownAgent({ path, obstacle }: AgentFolders): string {
  return `It is unknown whether an agent runs here: ${printable(path, 4096)} ${obstacle}.`;
}

function textOf(read: FileRead): string | undefined {
  const decoded = read.kind === "read" ? decodeText(read.bytes) : undefined;
  return decoded?.kind === "text" ? decoded.text : undefined;
}

/** A guess from a damaged file: a running agent was started when the file was still valid. */
function written(text: string | undefined, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*["'](/[^"']*)["']`, "mu").exec(text ?? "")?.[1];
}
