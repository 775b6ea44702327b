import { paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { shellWord } from "../../../lib/shell-word.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import { type Program, shown } from "../host/programs.ts";
import { keyName } from "../status/status-report.ts";
import type { DevFolder } from "./dev-folder.ts";

/** What to try once the agent of `dev` is online: the rotation, in commands that can be pasted into another terminal. */
export function devGuide(
  status: AgentStatus,
  folder: DevFolder,
  programs: { readonly agent: Program; readonly controlPlane: Program },
  terminal: Terminal,
): string {
  const agent = (command: string) => `${programs.agent.typed} ${command} -c ${word(folder.configPath)}`;
  const manage = (command: string) =>
    `${programs.controlPlane.typed} ${command} --socket ${word(folder.managementSocket)}`;
  const command = (text: string) => `     ${paint(terminal, "bold", text)}`;
  const key = status.key === null ? "" : keyName(status.key);
  const fingerprint = status.key?.fingerprint ?? "KEY";
  return [
    "",
    paint(terminal, "green", `Online: executor ${printable(status.executor ?? "")} with key ${key}.`),
    "",
    "Now rotate the key, without a restart and without a gap. In another terminal, in this folder:",
    "",
    "  1. Issue a second key, and hand it to the agent:",
    command(`${manage("keys create --name second --key-only")} | \\`),
    command(`  ${agent("set-key")}`),
    "     Below you will see `key.rotated`, with both keys' names: the old one was in use until then.",
    "     By hand instead: leave out --key-only and the second line, and put the key that it prints into",
    `     ${shown(folder.configPath)} with an editor. The same happens a second after you save.`,
    "",
    "  2. Revoke the old key. Nothing happens below: nobody uses it any more.",
    command(manage(`keys revoke ${fingerprint}`)),
    "",
    "  3. See where things stand, from both sides:",
    command(agent("status")),
    command(manage("keys list")),
    "",
    "Or break it: cut a letter off the key in the file, or revoke the key in use, and read what is said below.",
    `Ctrl-C ends both programs; what they know stays in ${shown(folder.path)} for the next time.`,
    "",
  ].join("\n");
}

function word(path: string): string {
  return shellWord(shown(path));
}
