import { readFile, readlink, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { readAccounts } from "../../../lib/accounts.ts";

/** What a person needs to know of a process to decide whether it should run. */
export interface ProcessFacts {
  readonly user: string;
  /** Epoch ms; undefined: unknown. */
  readonly sinceMs: number | undefined;
  /** The service that systemd runs it in: `nginx.service`. */
  readonly unit: string | undefined;
  /** The login in which somebody started it. */
  readonly session: string | undefined;
  readonly folder: string | undefined;
  /** Of a control plane: see `databaseText`. */
  readonly database: string | undefined;
}

/** Where a control plane keeps everything unless its DATABASE_URL is set. */
const DEFAULT_DATABASE_URL = "file:/var/lib/novacula-control-plane/control-plane.db";
const CONTROL_PLANE = "novacula-control-plane";
/** The kernel keeps that much of a name: proc_pid_comm(5). */
const MAX_COMM = 15;
/** proc_pid_stat(5): a second has so many clock ticks on every Linux that Node.js supports. */
const TICKS_PER_SECOND = 100;

/** What /proc shows of a process, whose name there is `comm`; undefined: it has ended. */
export async function processFacts(
  pid: number,
  comm: string,
): Promise<{ readonly name: string; readonly facts: ProcessFacts } | undefined> {
  const text = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const owner = await stat(`/proc/${pid}`).catch(() => undefined);
  if (owner === undefined) {
    return undefined;
  }
  const [line, environ, groups] = [await text("cmdline"), await text("environ"), await text("cgroup")];
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  const name = fullName(comm, line);
  const found = environ.split("\0").find((each) => each.startsWith("DATABASE_URL="));
  // Without its environment nobody knows whether it has the usual one.
  const usual = name === CONTROL_PLANE && environ !== "" ? "" : undefined;
  const url = found?.slice("DATABASE_URL=".length) ?? usual;
  return {
    name,
    facts: {
      user: readAccounts().users.find(({ uid }) => uid === owner.uid)?.name ?? `user ${owner.uid}`,
      sinceMs: startOf(await text("stat"), await readFile("/proc/stat", "utf8").catch(() => "")),
      ...placeIn(groups),
      folder,
      database: url === undefined ? undefined : databaseText(url, folder),
    },
  };
}

/**
 * The database of a DATABASE_URL without its user and password; empty: the usual one. Undefined:
 * it is no URL of a database.
 */
export function databaseText(url: string, folder = "/"): string | undefined {
  const [, path] = /^file:(?:\/\/(?=\/))?([^?#]+)/iu.exec(url || DEFAULT_DATABASE_URL) ?? [];
  if (path !== undefined) {
    return resolve(folder, path);
  }
  const parsed = /^postgres(?:ql)?:/iu.test(url) ? URL.parse(url) : null;
  const host = parsed?.host || parsed?.searchParams.get("host") || "this host";
  return parsed === null ? undefined : `${parsed.pathname.slice(1)} of PostgreSQL at ${host}`;
}

/** The kernel cuts a name; the program's own is in its arguments, of which no other is shown. */
function fullName(comm: string, line: string): string {
  const name = basename(line.split("\0", 1)[0] ?? "");
  return comm.length === MAX_COMM && name.startsWith(comm) ? name : comm;
}

function startOf(processStat: string, systemStat: string): number | undefined {
  const fields = processStat.slice(processStat.lastIndexOf(")") + 2).split(" ");
  const bootSeconds = /^btime (\d+)$/mu.exec(systemStat)?.[1];
  const ticks = fields[19];
  return ticks === undefined || bootSeconds === undefined
    ? undefined
    : (Number(bootSeconds) + Number(ticks) / TICKS_PER_SECOND) * 1000;
}

/** cgroups(7). What a user's own systemd runs is of that user, and no service of this host. */
export function placeIn(groups: string): Pick<ProcessFacts, "unit" | "session"> {
  const path = /^(?:0:|\d+:name=systemd):(.*)$/mu.exec(groups)?.[1] ?? "";
  const session = /\/session-([^/]+)\.scope/u.exec(path)?.[1];
  const unit = path.includes("/user@") ? undefined : /\/([^/]+\.service)(?:\/|$)/u.exec(path)?.[1];
  return { unit, session };
}
