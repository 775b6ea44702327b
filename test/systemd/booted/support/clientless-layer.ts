import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CATALOGUE } from "../../../../src/protocol/chains/catalogue.ts";

const run = promisify(execFile);

/**
 * A layer that hides the clients of nodes from a machine that runs none. The agent asks each for its
 * version when it starts, which takes as long as the start itself. Resolves with its folder.
 */
export async function clientlessLayer(layers: string): Promise<string> {
  const folder = join(layers, "without-clients");
  for (const program of systemPrograms()) {
    const place = join(folder, program);
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    // What overlayfs calls a whiteout.
    await run("mknod", [place, "c", "0", "0"]);
  }
  return folder;
}

/** Where the agent looks for clients that Debian has. */
function systemPrograms(): ReadonlySet<string> {
  const clients = CATALOGUE.flatMap(({ roles }) => roles.flatMap((role) => role.clients));
  const places = clients.flatMap(({ versions }) => versions.map(({ systemProgram }) => systemProgram));
  return new Set(places.filter((place) => place !== null));
}
