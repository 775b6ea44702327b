import { type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { awaitedKey, configOption, ownConfigOption, timeoutOption } from "./option-values.ts";
import { reportingFailedStart } from "./run/failed-start.ts";

const GROUP = "The agent:";

/** The commands that run the agent, or ask the running agent to do something. */
export const AGENT_COMMANDS: readonly ((context: CommandContext) => Command)[] = [run, status, reload, retry];

function run({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "run",
    group: GROUP,
    summary: "run the agent in the foreground; this is what the service does",
    description:
      "Runs the agent in the foreground until SIGTERM or Ctrl-C; this is what the service does. A changed agent.toml or key file is applied at once; SIGHUP has the agent read them now.",
    options: [
      ownConfigOption(),
      new Option(
        "--wait",
        "wait for a working configuration and key instead of ending with 78; a service and a pod always wait",
      ),
    ],
    examples: [
      { command: "novacula-agent run", does: "with /etc/novacula/agent.toml" },
      { command: "novacula-agent run -c ./agent.toml", does: "with a file of your own" },
      { command: "novacula-agent run --wait", does: "in a container whose key may come later" },
    ],
    exitCodes: [
      [0, "stopped by a signal"],
      [1, "cannot start: another agent has the data_dir, for instance"],
      [78, "in the foreground: configuration or key cannot work"],
    ],
    action: async (options) => {
      const agent = await import("./run/run.ts");
      end(await reportingFailedStart(() => agent.run(options, terminal), terminal));
    },
  });
}

function status({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "status",
    group: GROUP,
    summary: "show what the running agent sees",
    description:
      "Shows the state of the executor, the key that it uses, and what the agent is waiting for. The exit code is the verdict.",
    options: [
      configOption(),
      new Option("--json", "print JSON; its schema: --schema"),
      new Option("--watch", "print a line at each change, until Ctrl-C"),
      new Option("--wait-for <key=fingerprint>", "wait until the executor is online with that key")
        .argParser(awaitedKey)
        .conflicts("watch"),
      timeoutOption("how long --wait-for waits"),
      new Option("--schema", "print the JSON schema of --json"),
    ],
    examples: [
      { command: "novacula-agent status", does: "for people" },
      { command: "novacula-agent status --json", does: "for scripts and monitoring" },
      {
        command: "novacula-agent status --wait-for key=3fa9c1d2",
        does: "is the new key in use? then revoke the old one",
      },
    ],
    exitCodes: [
      [0, "online"],
      [1, "refused, or the configuration or key is unusable"],
      [2, "unknown: connecting, control plane unreachable, or no answer"],
      [3, "no agent runs"],
    ],
    action: async (options) => end(await (await import("./status/status.ts")).status(options, terminal)),
  });
}

function reload({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "reload",
    group: GROUP,
    summary: "have the running agent read its files now",
    description:
      "Has the running agent read agent.toml and the key file now, as SIGHUP does. The agent sees changes by itself within a second; this command is for a script that waits for the verdict.",
    options: [configOption(), new Option("--wait", "wait for the verdict on the files, and print it")],
    examples: [
      { command: "novacula-agent reload", does: "returns at once" },
      { command: "novacula-agent reload --wait", does: "are the files as they are now in use?" },
    ],
    exitCodes: [
      [0, "with --wait: the files are in use, and the key is accepted"],
      [1, "with --wait: refused or invalid"],
      [2, "unknown: no answer"],
      [3, "no agent runs"],
    ],
    action: async (options) => end(await (await import("./status/reload.ts")).reload(options, terminal)),
  });
}

function retry({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "retry",
    group: GROUP,
    summary: "have the running agent retry now instead of waiting",
    description:
      "Has the running agent retry now instead of waiting for its backoff: with a refused key, or an unreachable control plane. Prints the result, within 10 s.",
    options: [configOption()],
    examples: [{ command: "novacula-agent retry", does: "after the control plane was fixed" }],
    exitCodes: [
      [0, "online, with the files as they are"],
      [1, "refused, or the files are not valid"],
      [2, "unknown: no answer"],
      [3, "no agent runs"],
    ],
    action: async (options) => end(await (await import("./status/retry.ts")).retry(options, terminal)),
  });
}
