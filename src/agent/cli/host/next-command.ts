import { shellWord } from "../../../lib/shell-word.ts";
import { configPath } from "../../config/load-config.ts";

/** What a person types next for the same agent: `novacula-agent status`, with `-c` where the file is not the one that is found without it. */
export function nextCommand(
  command: string,
  { path }: { readonly path: string },
  environment: NodeJS.ProcessEnv,
): string {
  const isFound = path === configPath(undefined, environment);
  return `novacula-agent ${command}${isFound ? "" : ` -c ${shellWord(path)}`}`;
}
