import { type Command, Option } from "commander";
import { type CommandContext, createCommand, type ExitCodeNote } from "../../lib/command-line/command.ts";
import { configInputOption, configOption, timeoutOption } from "./option-values.ts";

const GROUP = "Configuration and key:";
const VERDICTS: readonly ExitCodeNote[] = [
  [0, "good"],
  [1, "bad"],
  [2, "unknown: something could not be checked"],
];

/** The commands about configuration and key. */
export const KEY_COMMANDS: readonly ((context: CommandContext) => Command)[] = [check, setKey, doctor];

function check({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "check",
    group: GROUP,
    summary: "check configuration and key without starting anything",
    description:
      "Checks agent.toml and the key, and names everything that is wrong, with file and line. Changes nothing. As root it checks what the user of the service can read.",
    options: [
      configInputOption(),
      new Option("--online", "also ask the control plane about the key; registers nothing"),
      new Option(
        "--key-file <file>",
        "check the key in this file or pipe instead of the configured one; - is stdin",
      ),
      new Option("--json", "print JSON"),
    ],
    examples: [
      { command: "sudo novacula-agent check", does: "offline" },
      { command: "sudo novacula-agent check --online", does: "does the control plane accept the key?" },
      {
        command: "sudo novacula-agent check --online --key-file -",
        does: "try a key from stdin; nothing is written",
      },
    ],
    exitCodes: VERDICTS,
    action: async (options) => end(await (await import("./key/check.ts")).check(options, terminal)),
  });
}

function setKey({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "set-key",
    group: GROUP,
    summary: "give the agent a new key: tried first, written safely, confirmed",
    description:
      "Reads a key from stdin or a hidden prompt, diagnoses it, tries it with the control plane, and writes it where agent.toml says; the rest of the file stays as it is. Then it waits until the running agent uses the key, and names the old key, so that you can revoke it. A key that is damaged or refused is not written. If the key is a systemd credential, it writes the file that LoadCredential= names, and offers the restart that systemd needs to read it.",
    options: [
      configOption(),
      new Option("--force", "write the key even if the control plane cannot be reached to try it"),
      new Option("--new-organization", "the key is of another organization: move this host there"),
      new Option("--restart", "if the key is a systemd credential: restart the service without asking"),
      new Option("--no-wait", "do not wait until the running agent uses the key"),
      timeoutOption("how long to wait for the running agent"),
    ],
    examples: [
      { command: "sudo novacula-agent set-key", does: "asks for the key, without showing it" },
      { command: "pass show novacula/prod | sudo novacula-agent set-key", does: "from a secrets manager" },
    ],
    exitCodes: [
      [0, "the key is in use; or written, if no agent runs"],
      [1, "not written, or refused"],
      [2, "unknown: it could not be tried, or the agent did not confirm it"],
    ],
    action: async (options) => end(await (await import("./key/set-key.ts")).setKey(options, terminal)),
  });
}

function doctor({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "doctor",
    group: GROUP,
    summary: "look for what is wrong, from the file to the executor",
    description:
      "Judges the executor of the installed service, as systemd starts it: its file, environment, drop-ins and user. Without a service, or with another --config, it judges the agent of that file. Goes through everything from the file to the executor: file, mode, syntax, key, DNS, TCP, TLS, proxy, answer, clock, authentication, unit, executor, nodes. Prints what is ok, bad and unknown; the cause and its fix come last. Unless the executor is online now, the verdict is bad. Changes and registers nothing.",
    options: [
      configOption(),
      new Option(
        "--key-file <file>",
        "use the key in this file or pipe instead of the configured one; - is stdin",
      ),
      new Option("--json", "print JSON"),
    ],
    examples: [
      { command: "sudo novacula-agent doctor", does: "as root it checks what the service can read" },
      { command: "sudo novacula-agent doctor --json", does: "for a support ticket; it holds no key" },
    ],
    exitCodes: VERDICTS,
    action: async (options) => end(await (await import("./doctor/doctor.ts")).doctor(options, terminal)),
  });
}
