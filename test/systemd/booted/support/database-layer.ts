import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "../../../support/eventually.ts";
import { Machine } from "./machine.ts";

const run = promisify(execFile);
const STATE = "var/lib/novacula-control-plane";

/**
 * Boots `layers` once, creates the organization `acme`, and keeps the database. It saves a second
 * per test.
 */
export async function databaseLayer(folder: string, layers: readonly string[]): Promise<string> {
  const machine = await Machine.start({ layers });
  try {
    await eventually(
      async () => await machine.run(["novacula-control-plane", "org", "create", "acme", "--json"]),
      { timeoutMs: 20_000, describe: "the control plane makes an organization" },
    );
    await machine.run(["systemctl", "stop", "novacula-control-plane"]);
    await mkdir(join(folder, "etc/default"), { recursive: true });
    await mkdir(join(folder, "var/lib"), { recursive: true });
    await run("cp", ["--archive", machine.path(STATE), join(folder, STATE)]);
    await writeFile(join(folder, "etc/default/novacula-control-plane"), "LOG_LEVEL=debug\n");
  } finally {
    await machine.stop();
  }
  return folder;
}
