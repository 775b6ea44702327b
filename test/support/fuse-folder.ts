import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { lacks } from "./requires.ts";

/** A FUSE file system needs root and kernel support. */
export const LACKS_FUSE = lacks(
  "the right to mount a FUSE file system",
  process.geteuid?.() === 0 && existsSync("/dev/fuse"),
);

/** A folder on which a FUSE file system is mounted. */
export interface FuseFolder extends AsyncDisposable {
  /** Has its program answer one more request, after which every access hangs. */
  stop(): void;
  readonly isMounted: () => boolean;
  /** Unmounts it, so that the earlier content is visible again. */
  release(): Promise<void>;
}

/** A folder in which every access hangs, even to files that existed before. */
export function hangFolder(path: string): Promise<FuseFolder> {
  // Opens the connection and never reads it. It ends with this process, even if the test fails.
  return mount(path, ["cat"]);
}

/**
 * Shows the files of the folder `source` like a network mount: the kernel learns of no change.
 */
export async function serveFolder(source: string, path: string): Promise<FuseFolder> {
  const program = fileURLToPath(new URL("fuse-program.ts", import.meta.url));
  return await mount(path, [process.execPath, program, source, stopFile(path)]);
}

/** Beside the mount, where it can always be read. */
function stopFile(path: string): string {
  return `${path}.stop`;
}

/** `command` is the file system's program, which gets the connection as descriptor 3. */
async function mount(path: string, command: readonly string[]): Promise<FuseFolder> {
  const script =
    'exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other test "$0" && echo mounted && exec "$@"';
  const program = spawn("sh", ["-c", script, path, ...command], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(program, "close");
  await Promise.race([once(program.stdout, "data"), closed]);
  if (program.exitCode !== null) {
    throw new Error(`cannot mount a FUSE file system on ${path}`);
  }
  const isMounted = () => program.exitCode === null && program.signalCode === null;
  const release = async () => {
    if (!isMounted()) {
      return;
    }
    program.kill("SIGKILL");
    await closed;
    await once(spawn("umount", ["--lazy", path], { stdio: "inherit" }), "close");
  };
  return {
    stop: () => writeFileSync(stopFile(path), ""),
    isMounted,
    release,
    [Symbol.asyncDispose]: release,
  };
}
