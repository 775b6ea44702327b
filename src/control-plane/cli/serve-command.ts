import { type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../lib/command-line/command.ts";
import { environmentHelp } from "../../lib/command-line/environment-variable.ts";
import { ENVIRONMENT_VARIABLES } from "../settings/settings.ts";
import type { ServeOptions } from "./serve/dev-mode.ts";
import { serve } from "./serve/serve.ts";

export function serveCommand({ terminal, end }: CommandContext): Command {
  return createCommand({
    name: "serve",
    group: "Service:",
    summary: "run the control plane; this is what the service does",
    description:
      "Runs the control plane until SIGTERM or Ctrl-C; this is what the service does. Prints its log on stdout. SIGHUP has it read the certificate again.",
    notes: environmentHelp(ENVIRONMENT_VARIABLES),
    options: [
      new Option(
        "--dev <command>",
        "for novacula-agent dev: one person on this host, who signs in by a link; the page names this command to give the agent a key",
      ),
    ],
    examples: [
      { command: "novacula-control-plane serve", does: "on 127.0.0.1:3000" },
      {
        command:
          "DATABASE_URL=file:./control-plane.db PORT=8443 TLS_CERT=cp.pem TLS_KEY=cp.key novacula-control-plane serve",
        does: "with https, and a database of your own",
      },
    ],
    exitCodes: [
      [0, "stopped by a signal"],
      [1, "cannot start, or the database failed"],
      [70, "stopped by a bug"],
      [78, "the environment is not a valid configuration"],
    ],
    action: async (options: ServeOptions) => end(await serve(terminal, options)),
  });
}
