import * as z from "zod";
import { SERVICE } from "../service-unit.ts";
import { systemctlOutput } from "../systemctl.ts";
import { quotedWords } from "./quoted-words.ts";

const one = z.tuple([z.string()]).transform(([value]) => value);
const isYes = one.transform((value) => value === "yes");
const count = one.pipe(z.string().regex(/^\d{1,20}$/u)).transform(Number);
/** A list on one line. */
const words = z
  .array(z.string())
  .max(64)
  .transform((lines) => lines.flatMap(quotedWords));
/** A list with a line for each item. */
const lines = z
  .array(z.string())
  .max(256)
  .transform((all) => all.filter((line) => line !== ""));
/** Names of units on one line, which systemd shows as they are. */
const units = z
  .array(z.string())
  .max(64)
  .transform((all) => all.flatMap((line) => line.split(" ").filter((name) => name !== "")));

/** The properties to request, and what each must look like. One that is missing is empty. */
const shape = {
  LoadState: one,
  ActiveState: one,
  SubState: one,
  UnitFileState: one,
  NeedDaemonReload: isYes,
  /** Whether systemd refuses to start or to stop it if a person asks: systemd.unit(5). */
  RefuseManualStart: isYes,
  RefuseManualStop: isYes,
  Result: one,
  ExecMainStatus: count,
  NRestarts: count,
  /** Whether the conditions of the last start were met; a start that never was has `no`. */
  ConditionResult: isYes,
  /** When they were looked at, µs since the boot. */
  ConditionTimestampMonotonic: count,
  /** When it began to run, µs since the boot. */
  ActiveEnterTimestampMonotonic: count,
  MainPID: count,
  ExecMainStartTimestamp: one,
  /** The same, µs since the boot. */
  ExecMainStartTimestampMonotonic: count,
  FragmentPath: one,
  DropInPaths: words,
  ExecCondition: lines,
  ExecStartPre: lines,
  ExecStart: lines,
  ExecStartPost: lines,
  Environment: words,
  EnvironmentFiles: lines,
  UnsetEnvironment: words,
  User: one,
  Group: one,
  SupplementaryGroups: words,
  DynamicUser: isYes,
  StateDirectory: words,
  RuntimeDirectory: words,
  CacheDirectory: words,
  LogsDirectory: words,
  ProtectSystem: one,
  ProtectHome: one,
  PrivateTmp: one,
  ReadWritePaths: words,
  ReadOnlyPaths: words,
  InaccessiblePaths: words,
  TemporaryFileSystem: words,
  BindPaths: words,
  BindReadOnlyPaths: words,
  NetworkNamespacePath: one,
  WorkingDirectory: one,
  /** The number of what systemd has yet to do with it; 0: nothing, for which it shows no number. */
  Job: one.pipe(z.string().regex(/^\d{0,20}$/u)).transform(Number),
  Requires: units,
  Requisite: units,
  BindsTo: units,
  Conflicts: units,
  ConflictedBy: units,
  After: units,
};

const schema = z.object(shape);

/** What systemd knows of the service of the agent. Nothing here was scrubbed yet. */
export type ServiceFacts = Readonly<z.output<typeof schema>>;

const NUMBERS: ReadonlySet<string> = new Set([
  "ExecMainStatus",
  "NRestarts",
  "ActiveEnterTimestampMonotonic",
  "ExecMainStartTimestampMonotonic",
  "ConditionTimestampMonotonic",
  "MainPID",
  "Job",
]);
const LIST_DECODERS: readonly unknown[] = [words, lines, units];
const LISTS: ReadonlySet<string> = new Set(
  Object.entries(shape).flatMap(([name, decoder]) => (LIST_DECODERS.includes(decoder) ? [name] : [])),
);

/** Asks systemd about the service. Undefined if it does not answer, or with what nobody knows. */
export async function readServiceFacts(): Promise<ServiceFacts | undefined> {
  const text = await systemctlOutput([
    "show",
    SERVICE,
    "--timestamp=unix",
    `--property=${Object.keys(shape).join(",")}`,
  ]);
  return text === undefined ? undefined : decodeServiceFacts(text);
}

/** Decodes what `systemctl show` printed; undefined if it is not what systemd prints. */
export function decodeServiceFacts(text: string): ServiceFacts | undefined {
  const shown = text.split("\n");
  const found = Object.keys(shape).map((name) => {
    const values = shown
      .filter((line) => line.startsWith(`${name}=`))
      .map((line) => line.slice(name.length + 1));
    const missing = LISTS.has(name) ? [] : [NUMBERS.has(name) ? "0" : ""];
    return [name, values.length === 0 ? missing : values];
  });
  return schema.safeParse(Object.fromEntries(found)).data;
}

/** Whether systemd knows the service: a unit that is masked counts, and one that is damaged. */
export function isInstalled(facts: ServiceFacts | undefined): facts is ServiceFacts {
  return facts !== undefined && facts.LoadState !== "not-found" && facts.LoadState !== "";
}

/**
 * The file of `--config` in `ExecStart=`; undefined without one. systemd shows the arguments
 * without quotes, and `run` has no other option, so the rest of the line is the path, but for what
 * was meant as a comment.
 */
export function configArgument({ ExecStart }: ServiceFacts): string | undefined {
  const shown = /\bargv\[\]=(.*?) ; (?:flags|ignore_errors)=/u.exec(ExecStart.at(-1) ?? "")?.[1];
  return /\s(?:--config|-c)(?:=|\s+)(.+?)(?:\s#.*)?$/u.exec(shown ?? "")?.[1]?.trim();
}
