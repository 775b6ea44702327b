import { credentialName } from "../../config/credential.ts";
import { type FileRead, readBoundedFile } from "../../config/file/read-file.ts";
import { configPath, type Loaded, loadConfig } from "../../config/load-config.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { DEFAULT_DATA_DIR, DEFAULT_RUNTIME_DIR } from "../../config/schema/agent-config.ts";
import { decodeText } from "../../config/schema/config-text.ts";
import { serviceReader } from "./service-identity.ts";

/** The folders of an agent. */
export interface AgentFolders {
  /** The absolute path of agent.toml. */
  readonly path: string;
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

/** The option `--config`, which every command that needs agent.toml has. */
export interface ConfigOptions {
  readonly config?: string;
}

/**
 * Finds the folders of the agent that the options name. Reads only agent.toml: the key file is not
 * needed, and may hang. Works with an invalid file too: an agent may still run with an older one.
 */
export async function findFolders(
  options: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): Promise<AgentFolders> {
  const path = configPath(options.config, environment);
  const read = await readBoundedFile(path);
  const text = textOf(read);
  const parsed = text === undefined ? undefined : await parseConfig(text, path);
  if (parsed?.kind === "valid") {
    const { accessTokenFile } = parsed.config.controlPlane;
    const credential = accessTokenFile === undefined ? undefined : credentialName(accessTokenFile);
    return { path, ...parsed.config.agent, obstacle: undefined, isDenied: false, credential };
  }
  return {
    path,
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
  return {
    loaded: await loadConfig(folders.path, environment, undefined, await serviceReader()),
    ...folders,
  };
}

function textOf(read: FileRead): string | undefined {
  const decoded = read.kind === "read" ? decodeText(read.bytes) : undefined;
  return decoded?.kind === "text" ? decoded.text : undefined;
}

/** A guess from a damaged file: a running agent was started when the file was still valid. */
function written(text: string | undefined, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*["'](/[^"']*)["']`, "mu").exec(text ?? "")?.[1];
}
