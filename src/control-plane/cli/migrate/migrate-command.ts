import { statSync } from "node:fs";
import { type Command, Option } from "commander";
import { type CommandContext, createCommand } from "../../../lib/command-line/command.ts";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { readProblem } from "../../../lib/files/access-problem.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace } from "../../../lib/shell-word.ts";
import { isAnswered } from "../../../lib/unix-socket.ts";
import { databaseOf, managementSocketPath } from "../../settings/settings.ts";
import { type CommonOptions, jsonOption, print } from "../management/options.ts";
import type { Outputs } from "../management/outputs.ts";
import { ProgressLine } from "./progress-line.ts";
import { readSource, readTarget, requireSqlite, type TargetOptions } from "./target-url.ts";

interface MigrateOptions extends CommonOptions, TargetOptions {
  readonly from?: string;
  readonly leaveOutDamaged?: boolean;
}

const SERVICE_DATABASE = "/var/lib/novacula-control-plane/control-plane.db";

export function migrateCommand({ terminal }: CommandContext): Command {
  return createCommand({
    name: "migrate",
    group: "Service:",
    summary: "move everything from the SQLite file to a PostgreSQL database",
    description:
      "Copies everything from the SQLite file to an empty PostgreSQL database, and compares each row, in one transaction: all or nothing. The control plane must be stopped. The SQLite file is only read, and stays as it is.",
    options: [
      new Option("--from <url>", "the SQLite file (default: $DATABASE_URL, as for serve)"),
      new Option(
        "--to <url>",
        "the PostgreSQL database, without a password: ps shows arguments to everybody",
      ),
      new Option(
        "--to-file <file>",
        "a file with the URL of the PostgreSQL database, alone or in a line DATABASE_URL=…; only its owner may read it",
      ),
      new Option("--leave-out-damaged", "leave out damaged rows, and what refers to them; they are named"),
      jsonOption(),
    ],
    notes: `Sessions move as well. They stay valid if BETTER_AUTH_SECRET is set to what signed them: the text
in the file beside the SQLite database that ends in .sign-in-secret, if it was not set before.

It refuses while a control plane has the SQLite file open, if the PostgreSQL database has rows, and if a
row is damaged. Nothing is changed then.`,
    examples: [
      {
        command: `sudo novacula-control-plane migrate --from file:${SERVICE_DATABASE} --to-file /etc/default/novacula-control-plane`,
        does: "to where the DATABASE_URL of the service names by now",
      },
      {
        command:
          "novacula-control-plane migrate --from file:./control-plane.db --to postgres:///novacula?host=/run/postgresql",
        does: "through a socket, without a password",
      },
    ],
    exitCodes: [
      [0, "everything was moved and compared"],
      [1, "nothing was moved; the message says why"],
      [2, "the connection was lost at the end: run it again, which says whether all was moved"],
      [64, "wrong arguments"],
    ],
    action: (options: MigrateOptions) => run(terminal, options),
  });
}

async function run(terminal: Terminal, options: MigrateOptions): Promise<void> {
  const { environment } = terminal;
  const source =
    options.from === undefined
      ? requireSqlite(databaseOf(environment), "DATABASE_URL")
      : readSource(options.from);
  const target = readTarget(options);
  if (options.to !== undefined && target.password !== undefined) {
    complain(
      terminal,
      "Warning: other users of this host could see the password in --to (ps shows arguments), and the shell may keep it. " +
        "Change it, and name the URL in a file with --to-file.",
    );
  }
  requireReadable(source);
  await requireStopped(managementSocketPath({ ...environment, DATABASE_URL: `file:${source}` }));
  // The driver of PostgreSQL is loaded only here.
  const { describeRows, moveToPostgres } = await import("../../store/move/move.ts");
  const progress = new ProgressLine(terminal);
  try {
    const moved = await moveToPostgres(source, target, {
      leavesOutDamaged: options.leaveOutDamaged === true,
      progress: progress.show,
    });
    progress.clear();
    const value = { migrated: { from: source, to: target.toString(), ...moved } };
    print<"migrate">(terminal, options, {
      value,
      text: summary(value.migrated, describeRows(moved.leftOut)),
    });
  } catch (error) {
    progress.clear();
    throw retold(error, options.to === undefined ? printable(options.toFile, 4096) : "--to");
  }
}

function summary({ from, to, tables, leftOut }: Outputs["migrate"]["migrated"], leftOutRows: string): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const left =
    leftOut.length === 0
      ? ""
      : `Left out, because they are damaged or refer to what is damaged: ${leftOut.length}\n${leftOutRows}\n`;
  return `Moved ${printable(from, 4096)} to ${printable(to, 4096)}: ${rows} rows in ${tables.length} tables, each compared.
${left}Next: set DATABASE_URL to the new database, and start the control plane. The SQLite file is unchanged.
`;
}

/** The store's messages name DATABASE_URL, which is not where this command has the target from. */
function retold(error: unknown, place: string): unknown {
  if (!(error instanceof CommandError)) {
    return error;
  }
  const told = (text: string) => text.replaceAll("DATABASE_URL", () => place);
  const fix = error.fix === undefined ? undefined : told(error.fix);
  return new CommandError(error.code, told(error.message), { cause: error.cause, fix });
}

function requireReadable(path: string): void {
  const refused = readProblem(path);
  if (refused !== undefined) {
    const isRoot = process.geteuid?.() === 0;
    throw new CommandError("no_permission", refused.problem, {
      fix: isRoot ? refused.fix : inPlace({ host: "put sudo in front of the command", pod: refused.fix }),
    });
  }
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new CommandError("failed", `there is no database ${printable(path, 4096)}`, {
      fix: "name the SQLite file of the control plane with --from",
    });
  }
}

/** By its socket, which also tells of a control plane in a container on the same folder. */
async function requireStopped(socketPath: string): Promise<void> {
  let isServed: boolean;
  try {
    isServed = await isAnswered(socketPath);
  } catch (cause) {
    throw new CommandError(
      "no_permission",
      `cannot find out whether a control plane listens on ${socketPath}`,
      {
        cause,
        fix: inPlace({
          host: "put sudo in front of the command",
          pod: "run it as the user of the control plane",
        }),
      },
    );
  }
  if (isServed) {
    throw new CommandError(
      "refused",
      `a control plane listens on ${socketPath}: what it writes from now on would be lost`,
      {
        fix: inPlace({
          host: "stop it:\nsudo systemctl stop novacula-control-plane",
          pod: "scale its Deployment to 0, and run this in another pod with its volume",
        }),
      },
    );
  }
}
