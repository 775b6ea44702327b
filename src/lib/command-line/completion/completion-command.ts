import { Argument, type Command } from "commander";
import { type CommandContext, createCommand } from "../command.ts";
import { readCommand } from "../command-table.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * `completion bash` prints the script that the package installs. It is for a program that was
 * copied by hand.
 */
export function completionCommand(program: string, group: string, { terminal }: CommandContext): Command {
  return createCommand({
    name: "completion",
    group,
    summary: "print the completion script of a shell",
    description:
      "Prints the completion script of a shell. The Debian package installs these scripts; this command is for a program that was copied by hand.",
    arguments: [new Argument("<shell>", "the shell").choices(SHELLS)],
    examples: [
      { command: `source <(${program} completion bash)`, does: "in this shell, bash or zsh" },
      {
        command: `${program} completion fish > ~/.config/fish/completions/${program}.fish`,
        does: "for good, in fish",
      },
    ],
    async action(shell: (typeof SHELLS)[number], _options: unknown, command: Command) {
      const { bashCompletion, fishCompletion, zshCompletion } = await import("./completions.ts");
      const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
      terminal.stdout.write(scripts[shell](program, readCommand(command.parent ?? command)));
    },
  });
}
