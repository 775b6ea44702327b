import { readFile } from "node:fs/promises";
import { DEFAULT_DATA_DIR, DEFAULT_RUNTIME_DIR } from "../config/agent-config.ts";
import { configPath, type Loaded, loadConfig } from "../config/load-config.ts";

/** Where an agent is found: its configuration as it is on disk now, and its two folders. */
export interface AgentPlace {
  readonly loaded: Loaded;
  readonly runtimeDir: string;
  readonly dataDir: string;
}

export interface ConfigOptions {
  readonly config?: string;
}

/** The agent that the options name. A file that has become invalid does not hide the agent that still runs with it. */
export async function findAgent(options: ConfigOptions, environment: NodeJS.ProcessEnv): Promise<AgentPlace> {
  const path = configPath(options.config, environment);
  const loaded = await loadConfig(path, environment);
  if (loaded.config !== undefined) return { loaded, ...loaded.config.agent };
  const text = await readFile(path, "utf8").catch(() => "");
  return {
    loaded,
    runtimeDir: written(text, "runtime_dir") ?? environment["RUNTIME_DIRECTORY"] ?? DEFAULT_RUNTIME_DIR,
    dataDir: written(text, "data_dir") ?? environment["STATE_DIRECTORY"] ?? DEFAULT_DATA_DIR,
  };
}

/** A guess at what the damaged file says: the agent was started when it was whole. */
function written(text: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*["'](/[^"']*)["']`, "mu").exec(text)?.[1];
}
