import { adviseForAgent } from "../../../lib/shell-word.ts";
import { configPath } from "../../config/load-config.ts";
import { installedService } from "./hidden-files.ts";

/** The option `--config`, which every command that needs agent.toml has. */
export interface ConfigOptions {
  readonly config?: string;
}

/** The agent.toml that a command is about. */
export interface ConfigPlace {
  /** Absolute. */
  readonly path: string;
  /** Whether a command without `--config` finds it too. */
  readonly isUsual: boolean;
  /** What names it in the unit of the service; undefined if the unit does not. */
  readonly unitSource: string | undefined;
}

/**
 * The file that `--config` names, else `NOVACULA_CONFIG` of this command, else what the installed
 * service uses, else the default path. A person who names no file means the service. From then on,
 * remedies are about that agent.
 */
export async function findConfig(
  { config = "" }: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ConfigPlace> {
  const place = await configPlace(config, environment);
  adviseForAgent(place.isUsual ? undefined : place.path, process.geteuid?.() !== 0);
  return place;
}

async function configPlace(config: string, environment: NodeJS.ProcessEnv): Promise<ConfigPlace> {
  const own = configPath(config, environment);
  const { NOVACULA_CONFIG: variable = "" } = environment;
  if (config !== "" || variable !== "") {
    return { path: own, isUsual: own === configPath(undefined, environment), unitSource: undefined };
  }
  const service = await installedService();
  return { path: service?.configPath ?? own, isUsual: true, unitSource: service?.configSource };
}
