import { asRoot, shellWord } from "../../../lib/shell-word.ts";
import { configPath } from "../../config/load-config.ts";

/** A command to run next for the same agent. It has `-c` unless the agent uses the usual file. */
export function nextCommand(
  command: string,
  { path }: { readonly path: string },
  environment: NodeJS.ProcessEnv,
): string {
  return `novacula-agent ${command}${isUsual(path, environment) ? "" : ` -c ${shellWord(path)}`}`;
}

/**
 * The same for a command that reads or writes the agent's files: as root, unless the file is the
 * person's own.
 */
export function nextCommandAsRoot(
  command: string,
  place: { readonly path: string },
  environment: NodeJS.ProcessEnv,
): string {
  const text = nextCommand(command, place, environment);
  return isUsual(place.path, environment) ? asRoot(text) : text;
}

function isUsual(path: string, environment: NodeJS.ProcessEnv): boolean {
  return path === configPath(undefined, environment);
}
