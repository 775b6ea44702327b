import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TemporaryDirectory, temporaryDirectory } from "../temp-dir.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Came with nodes. The commit before it is the release that knows nothing of them. */
const FIRST_FILE_OF_NODES = "src/protocol/nodes/node-spec.ts";

/** The programs of the release before nodes, in a folder that the caller removes. */
export interface PreviousRelease extends Disposable {
  readonly agent: string;
  readonly controlPlane: string;
}

/**
 * The commit of the release before nodes. Undefined without the history: in an archive of the
 * sources, or in a clone that has only the newest commits.
 */
export function previousCommit(): string | undefined {
  const added = git(["log", "--diff-filter=A", "--format=%H", "--", FIRST_FILE_OF_NODES]);
  const first = added?.trim().split("\n").at(-1) ?? "";
  return first === "" ? undefined : git(["rev-parse", "--verify", "--quiet", `${first}^`])?.trim();
}

/** Unpacks its sources. They run with the packages of this checkout. */
export function checkOut(commit: string): PreviousRelease {
  const folder = temporaryDirectory();
  const archive = spawnSync("git", ["-C", ROOT, "archive", commit, "package.json", "src"], {
    maxBuffer: 64 * 1024 ** 2,
  });
  const unpacked = spawnSync("tar", ["-x", "-C", folder.path], { input: archive.stdout });
  if (archive.status !== 0 || unpacked.status !== 0) {
    folder.remove();
    throw new Error(`cannot unpack ${commit}: ${archive.stderr}${unpacked.stderr}`);
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder.path, "node_modules"));
  return programs(folder);
}

function programs(folder: TemporaryDirectory): PreviousRelease {
  return {
    agent: join(folder.path, "src/agent/main.ts"),
    controlPlane: join(folder.path, "src/control-plane/main.ts"),
    [Symbol.dispose]: folder.remove,
  };
}

function git(args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", ["-C", ROOT, ...args], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}
