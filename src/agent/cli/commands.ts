import { Command, Option } from "commander";
import { VERSION } from "../../lib/version.ts";
import type { CommandContext } from "./command-context.ts";
import { withExamples } from "./examples.ts";
import { awaitedKey, portNumber, seconds } from "./option-values.ts";
import { SERVICE_COMMANDS } from "./service-commands.ts";

const DEFAULT_WAIT_MS = 30_000;

/**
 * The command table: names, summaries, options and examples as data, from which the help, the completions and the
 * manual page are made. What a command does is in the file of its name, which is loaded only when it runs.
 */
export function createCommands(context: CommandContext): Command {
  const program = new Command("novacula-agent")
    .description(
      "The executor agent of Novacula: keeps this host online with its control plane, and takes a new key the moment that its file changes.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpCommand("help [command]", "print the help of a command");
  withExamples(program, [
    { command: "novacula-agent status", does: "what the running agent sees" },
    { command: "novacula-agent set-key", does: "give it a new key, safely" },
    { command: "novacula-agent check --online", does: "try configuration and key without starting" },
  ]);
  for (const define of [run, check, status, setKey, doctor, reload, retry, ...SERVICE_COMMANDS, dev]) {
    program.addCommand(define(context));
  }
  for (const command of [program, ...program.commands]) {
    command.helpOption("-h, --help", "print this help");
  }
  return program;
}

function configOption(): Option {
  return new Option(
    "-c, --config <file>",
    "agent.toml (default: $NOVACULA_CONFIG, else /etc/novacula/agent.toml)",
  );
}

function timeoutOption(what: string): Option {
  return new Option("--timeout <seconds>", what).argParser(seconds).default(DEFAULT_WAIT_MS, "30");
}

function run({ terminal, end }: CommandContext): Command {
  const command = new Command("run")
    .summary("run the agent in the foreground; this is what the service does")
    .description(
      "Runs the agent in the foreground until SIGTERM or Ctrl-C; this is what the service does. A changed agent.toml or key file is taken at once; SIGHUP has it read now. Exits with 78 where configuration or key cannot work.",
    )
    .addOption(configOption())
    .action(async (options) => end(await (await import("./run/run.ts")).run(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent run", does: "with /etc/novacula/agent.toml" },
    { command: "novacula-agent run -c ./agent.toml", does: "with a file of your own" },
  ]);
}

function check({ terminal, end }: CommandContext): Command {
  const command = new Command("check")
    .summary("check configuration and key without starting anything")
    .description(
      "Checks agent.toml and the key, and names everything that is wrong, with file and line. Changes nothing. As root it judges what the service's user can read. Exits with 0 good, 1 bad, 2 could not tell.",
    )
    .addOption(configOption())
    .option("--online", "ask the control plane about the key too; registers nothing")
    .option("--key-file <file>", "check the key in this file in place of the configured one; - is stdin")
    .option("--json", "print JSON")
    .action(async (options) => end(await (await import("./key/check.ts")).check(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent check", does: "offline" },
    { command: "novacula-agent check --online", does: "does the control plane accept the key?" },
    {
      command: "novacula-agent check --online --key-file -",
      does: "try a key from stdin; nothing is written",
    },
  ]);
}

function status({ terminal, end }: CommandContext): Command {
  const command = new Command("status")
    .summary("show what the running agent sees")
    .description(
      "Shows where the executor stands, on which key, and what waits. The exit code is the verdict: 0 online, 1 refused or unusable, 2 could not tell (connecting, unreachable), 3 no agent runs.",
    )
    .addOption(configOption())
    .option("--json", "print JSON; see --schema")
    .option("--watch", "print a line at each change, until Ctrl-C")
    .addOption(
      new Option("--wait-for <key=fingerprint>", "wait until the executor is online with that key")
        .argParser(awaitedKey)
        .conflicts("watch"),
    )
    .addOption(timeoutOption("how long --wait-for waits"))
    .option("--schema", "print the JSON schema of --json")
    .action(async (options) => end(await (await import("./status/status.ts")).status(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent status", does: "for people" },
    { command: "novacula-agent status --json", does: "for scripts and monitoring" },
    {
      command: "novacula-agent status --wait-for key=3fa9c1d2",
      does: "is the new key in use? then revoke the old",
    },
  ]);
}

function setKey({ terminal, end }: CommandContext): Command {
  const command = new Command("set-key")
    .summary("give the agent a new key: tried first, written safely, confirmed")
    .description(
      "Reads a key from stdin or a hidden prompt, diagnoses it, tries it with the control plane, writes it where agent.toml says (everything else in the file stays as it is), waits until the running agent is on it, and names the old key, so that it can be revoked. A key that is damaged or refused is not written. Exits with 0 in use (or written, where no agent runs), 1 not, 2 could not tell.",
    )
    .addOption(configOption())
    .option("--force", "write it also when the control plane cannot be reached to try it")
    .option("--new-organization", "the key is of another organization: move this host there")
    .option("--no-wait", "do not wait until the running agent is on it")
    .addOption(timeoutOption("how long to wait for the running agent"))
    .action(async (options) => end(await (await import("./key/set-key.ts")).setKey(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent set-key", does: "asks for the key, without showing it" },
    { command: "pass show novacula/prod | novacula-agent set-key", does: "from a secrets manager" },
  ]);
}

function reload({ terminal, end }: CommandContext): Command {
  const command = new Command("reload")
    .summary("have the running agent read its files now")
    .description(
      "Has the running agent read agent.toml and the key file now, as SIGHUP does. It sees changes by itself within a second; this is for a script that waits for the verdict. With --wait: 0 the files are in use and accepted, 1 refused or invalid, 2 could not tell; 3 no agent runs.",
    )
    .addOption(configOption())
    .option("--wait", "wait for the verdict on the files, and print it")
    .action(async (options) => end(await (await import("./status/reload.ts")).reload(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent reload", does: "returns at once" },
    { command: "novacula-agent reload --wait", does: "are the files as they are now in use?" },
  ]);
}

function retry({ terminal, end }: CommandContext): Command {
  const command = new Command("retry")
    .summary("have the running agent try now whatever waits")
    .description(
      "Has the running agent try at once what waits for its backoff: a refused key, an unreachable control plane.",
    )
    .addOption(configOption())
    .action(async (options) => end(await (await import("./status/retry.ts")).retry(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent retry", does: "after the control plane was fixed" },
  ]);
}

function dev({ terminal, end }: CommandContext): Command {
  const command = new Command("dev")
    .summary("try it all on this machine: an agent and a control plane of its own")
    .description(
      "Starts a control plane and an agent on this machine, issues a key, and says what to try next. Needs no root. What it makes is kept in one folder and used again by the next run; Ctrl-C ends both.",
    )
    .option("--directory <folder>", "where database, keys and agent.toml are kept", ".novacula-dev")
    .addOption(
      new Option("--port <port>", "of the control plane (default: 3000, or a free one)").argParser(
        portNumber,
      ),
    )
    .action(async (options) => end(await (await import("./dev/dev.ts")).dev(options, terminal)));
  return withExamples(command, [
    { command: "novacula-agent dev", does: "in .novacula-dev" },
    { command: "novacula-agent dev --port 8080", does: "with the control plane on port 8080" },
  ]);
}

function doctor({ terminal, end }: CommandContext): Command {
  const command = new Command("doctor")
    .summary("look for what is wrong, from the file to the running service")
    .description(
      "Goes the whole way that a sync goes: file, mode, syntax, key, DNS, TCP, TLS, proxy, clock, authentication, unit. Prints what passed, what failed and what is unknown, each failure with its remedy. Changes and registers nothing. Exits with 0 good, 1 bad, 2 could not tell.",
    )
    .addOption(configOption())
    .option("--key-file <file>", "with the key in this file in place of the configured one; - is stdin")
    .option("--json", "print JSON")
    .action(async (options) => end(await (await import("./doctor/doctor.ts")).doctor(options, terminal)));
  return withExamples(command, [
    { command: "sudo novacula-agent doctor", does: "as root it judges what the service can read" },
    { command: "novacula-agent doctor --json", does: "for a support ticket; it holds no key" },
  ]);
}
