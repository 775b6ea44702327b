import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";

/** Longer than any local file system needs, ms. */
const LIMIT = { timeout: 20_000, killSignal: "SIGKILL" } as const;

/**
 * Gives `target` the mode, ACL and extended attributes of `source`, and its owner if `withOwner`.
 * Resolves with false if that is not certain; `target` may then have some of them. Node cannot read
 * ACLs, so cp(1) copies them. Only GNU cp counts: it fails if it loses something that it was asked
 * to preserve, and others do not.
 */
export async function copyAttributes(
  source: FileHandle,
  target: FileHandle,
  withOwner: boolean,
): Promise<boolean> {
  const preserve = withOwner ? "mode,ownership,xattr" : "mode,xattr";
  try {
    const { stdout } = await promisify(execFile)("cp", ["--version"], LIMIT);
    if (!stdout.includes("GNU coreutils")) {
      return false;
    }
    // By descriptor, so that nobody can swap a file for another one.
    const child = spawn(
      "cp",
      ["--attributes-only", `--preserve=${preserve}`, "/proc/self/fd/3", "/proc/self/fd/4"],
      { ...LIMIT, stdio: ["ignore", "ignore", "ignore", source.fd, target.fd] },
    );
    const [exitCode] = await once(child, "close");
    return exitCode === 0;
  } catch {
    return false;
  }
}
