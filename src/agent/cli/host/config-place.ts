import { asRoot, shellWord } from "../../../lib/shell-word.ts";
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
 * service uses, else the default path. A person who names no file means the service.
 */
export async function findConfig(
  { config = "" }: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ConfigPlace> {
  const own = configPath(config, environment);
  const { NOVACULA_CONFIG: variable = "" } = environment;
  if (config !== "" || variable !== "") {
    return { path: own, isUsual: own === configPath(undefined, environment), unitSource: undefined };
  }
  const service = await installedService();
  return { path: service?.configPath ?? own, isUsual: true, unitSource: service?.configSource };
}

type Usual = Pick<ConfigPlace, "path" | "isUsual">;

/** A command to run next for the same agent. It has `-c` unless the agent uses the usual file. */
export function nextCommand(command: string, { path, isUsual }: Usual): string {
  return `novacula-agent ${command}${isUsual ? "" : ` -c ${shellWord(path)}`}`;
}

/**
 * The same for a command that reads or writes the agent's files: as root, unless the file is the
 * person's own.
 */
export function nextCommandAsRoot(command: string, place: Usual): string {
  const text = nextCommand(command, place);
  return place.isUsual ? asRoot(text) : text;
}
