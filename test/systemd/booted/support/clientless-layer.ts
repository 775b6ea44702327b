import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PROGRAMS = ["litecoind", "monerod"];

/**
 * A layer that hides the clients of nodes from a machine that runs none. The agent asks each for its
 * version when it starts, which takes as long as the start itself. Resolves with its folder.
 */
export async function clientlessLayer(layers: string): Promise<string> {
  const folder = join(layers, "without-clients");
  await mkdir(join(folder, "usr/bin"), { recursive: true, mode: 0o755 });
  for (const program of PROGRAMS) {
    // What overlayfs calls a whiteout.
    await run("mknod", [join(folder, "usr/bin", program), "c", "0", "0"]);
  }
  return folder;
}
