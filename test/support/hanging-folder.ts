import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { lacks } from "./requires.ts";

/** A FUSE file system wants root and the kernel's part of it. */
export const LACKS_FUSE = lacks(
  "the right to mount a FUSE file system",
  process.geteuid?.() === 0 && existsSync("/dev/fuse"),
);

/** A folder in which every access hangs, to what was there before and to anything else. */
export interface HangingFolder extends AsyncDisposable {
  readonly isHanging: () => boolean;
  /** What was there before is there again. */
  release(): Promise<void>;
}

/**
 * Its FUSE program opens the connection and never reads it; it ends with this process, whatever
 * becomes of the test.
 */
const PROGRAM =
  'exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other hanging "$0" && echo mounted && exec cat';

export async function hangFolder(path: string): Promise<HangingFolder> {
  const holder = spawn("sh", ["-c", PROGRAM, path], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(holder, "close");
  await Promise.race([once(holder.stdout, "data"), closed]);
  if (holder.exitCode !== null) {
    throw new Error(`cannot mount a FUSE file system on ${path}`);
  }
  const isHanging = () => holder.exitCode === null && holder.signalCode === null;
  const release = async () => {
    if (!isHanging()) {
      return;
    }
    holder.kill("SIGKILL");
    await closed;
    await once(spawn("umount", ["--lazy", path], { stdio: "inherit" }), "close");
  };
  return { isHanging, release, [Symbol.asyncDispose]: release };
}
