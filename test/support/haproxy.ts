import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Listener, startListener } from "./listener.ts";
import { lacks } from "./requires.ts";

export const lacksHaproxy = lacks("haproxy", spawnSync("haproxy", ["-v"]).status === 0);

export interface Haproxy extends Listener {
  /** Of each server, by its name. */
  servers(): Promise<Readonly<Record<string, ServerFigures>>>;
}

/** What HAProxy knows of a server. */
interface ServerFigures {
  readonly isUp: boolean;
  /** The status with which it answered the last probe: 0 if there was no answer. */
  readonly probed: number;
  /** Requests that it answered with a status from 200 to 299. */
  readonly answered: number;
}

/** A real HAProxy in the foreground with that configuration, which listens on `port`. */
export async function startHaproxy(folder: string, port: number, configuration: string): Promise<Haproxy> {
  mkdirSync(folder, { recursive: true });
  const socket = join(folder, "stats.sock");
  const file = join(folder, "haproxy.cfg");
  // The package's configuration has such a line, too.
  writeFileSync(file, `global\n  stats socket ${socket} mode 600\n${configuration}`);
  const listener = await startListener("haproxy", ["-db", "-f", file], port);
  return { ...listener, servers: () => serversOf(socket) };
}

async function serversOf(socket: string): Promise<Record<string, ServerFigures>> {
  const connection = connect(socket);
  connection.end("show stat\n");
  const [head = "", ...lines] = (await text(connection)).trim().split("\n");
  const columns = head.replace(/^# /u, "").split(",");
  const rows = lines.map((line) => {
    const cells = line.split(",");
    return (column: string) => cells[columns.indexOf(column)] ?? "";
  });
  return Object.fromEntries(
    rows
      .filter((cell) => !["FRONTEND", "BACKEND"].includes(cell("svname")))
      .map((cell) => [
        cell("svname"),
        {
          isUp: cell("status").startsWith("UP"),
          probed: Number(cell("check_code")),
          answered: Number(cell("hrsp_2xx")),
        },
      ]),
  );
}
