import { paint, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { shellWord } from "../../../lib/shell-word.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import { type Program, shown } from "../host/programs.ts";
import { keyName } from "../status/status-report.ts";
import type { DevFolder } from "./dev-folder.ts";

interface Guided {
  readonly folder: DevFolder;
  readonly programs: { readonly agent: Program; readonly controlPlane: Program };
  /** Signs in on the page; undefined: there is no page. */
  readonly link: string | undefined;
}

/** What a person types to give the agent of `dev` a key. */
export function setKeyCommand(agent: Program, folder: DevFolder): string {
  return agentCommand(agent, "set-key", folder);
}

function agentCommand(agent: Program, command: string, { configPath }: DevFolder): string {
  return `${agent.typed} ${command} -c ${word(configPath)}`;
}

/**
 * What to try when the agent of `dev` is online: a rotation, in commands to paste into another
 * terminal.
 */
export function devGuide(
  status: AgentStatus,
  { folder, programs, link }: Guided,
  terminal: Terminal,
): string {
  const agent = (command: string) => agentCommand(programs.agent, command, folder);
  const manage = (command: string) =>
    `${programs.controlPlane.typed} ${command} --socket ${word(folder.managementSocket)}`;
  const command = (text: string) => `     ${paint(terminal, "bold", text)}`;
  const key = status.key === null ? "" : keyName(status.key);
  const fingerprint = status.key?.fingerprint ?? "KEY";
  return [
    "",
    paint(terminal, "green", `Online: executor ${printable(status.executor ?? "")} with key ${key}.`),
    "",
    ...(link === undefined ? [] : pageLines(link, manage("sign-in-link"), terminal)),
    "Rotate the key there, or here, without a restart and without interruption. In another terminal, in this folder:",
    "",
    "  1. Create a second key, and give it to the agent:",
    command(`${manage("keys create --name second --key-only")} | \\`),
    command(`  ${agent("set-key")}`),
    "     Below you will see `key.rotated`, with both keys. The agent used the old one until then.",
    "     By hand: leave out --key-only and the second line, and put the printed key into",
    `     ${shown(folder.configPath)} with an editor. The same happens when you save the file.`,
    "",
    "  2. Revoke the old key. Nothing happens below, because it is no longer in use.",
    command(manage(`keys revoke ${fingerprint}`)),
    "",
    "  3. Look at the result from both sides:",
    command(agent("status")),
    command(manage("keys list")),
    "",
    "Or break it: delete a letter of the key in the file, or revoke the key in use, and read the messages below.",
    `Ctrl-C stops both programs. Their data stays in ${shown(folder.path)} for the next time.`,
    "",
  ].join("\n");
}

function pageLines(link: string, another: string, terminal: Terminal): readonly string[] {
  return [
    "The page, which shows the executor and the rotation:",
    "",
    `  ${paint(terminal, "bold", link)}`,
    "",
    "This link signs you in once, within 15 minutes, on this machine. For another one:",
    "",
    `  ${another}`,
    "",
  ];
}

function word(path: string): string {
  return shellWord(shown(path));
}
