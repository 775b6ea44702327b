import { type FileRead, readBoundedFile } from "../../config/file/read-file.ts";
import { configPath, type Loaded, loadConfig } from "../../config/load-config.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { DEFAULT_DATA_DIR, DEFAULT_RUNTIME_DIR } from "../../config/schema/agent-config.ts";
import { decodeText } from "../../config/schema/config-text.ts";
import { serviceReader } from "./service-identity.ts";

/** Where a running agent is found. */
export interface AgentFolders {
  /** Of agent.toml, absolute. */
  readonly path: string;
  readonly runtimeDir: string;
  readonly dataDir: string;
  /**
   * Why agent.toml itself cannot be used, as a clause; undefined where it can. Then the folders are
   * a guess.
   */
  readonly obstacle: string | undefined;
}

/** The same, and the configuration with its key, as it is on disk now. */
export interface AgentPlace extends AgentFolders {
  readonly loaded: Loaded;
}

export interface ConfigOptions {
  readonly config?: string;
}

/**
 * The folders of the agent that the options name, from agent.toml alone: who only asks the agent
 * needs no key file, which may hang. A file that has become invalid does not hide the agent that
 * still runs with it.
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
    return { path, ...parsed.config.agent, obstacle: undefined };
  }
  return {
    path,
    runtimeDir: written(text, "runtime_dir") ?? environment["RUNTIME_DIRECTORY"] ?? DEFAULT_RUNTIME_DIR,
    dataDir: written(text, "data_dir") ?? environment["STATE_DIRECTORY"] ?? DEFAULT_DATA_DIR,
    obstacle: read.kind === "unreadable" ? read.problem : "cannot be used as it is (novacula-agent check)",
  };
}

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

/** A guess at what the damaged file says: the agent was started when it was whole. */
function written(text: string | undefined, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*["'](/[^"']*)["']`, "mu").exec(text ?? "")?.[1];
}
