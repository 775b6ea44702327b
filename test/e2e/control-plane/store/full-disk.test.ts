import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../../../src/control-plane/store/sqlite/open.ts";
import { LACKS_PRIVATE_MOUNTS } from "../../../support/control-plane/small-disk.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const OPEN = fileURLToPath(new URL("../../../../src/control-plane/store/sqlite/open.ts", import.meta.url));
const OPENER = `
  import { openSqliteStore } from "${OPEN}";
  try { openSqliteStore(process.argv[1]); console.log("opened"); }
  catch (error) { console.log(error.message, "Fix:", error.fix); }
`;

/** What is said of a start on the database of a small disk, after `fill` in its folder. */
async function start(fill: string) {
  const [source, folder] = [join(tempDir(), "cp.db"), join(tempDir(), "data")];
  await openSqliteStore(source).close();
  copyFileSync(source, `${source}.copy`);
  const script = `mkdir "$0" && mount -t tmpfs -o size=2M,nr_inodes=8 tmpfs "$0" && cd "$0" && cp "$1" cp.db
    ${fill}
    shift; cd / && exec "$@"`;
  const opener = [process.execPath, "--input-type=module", "-e", OPENER, join(folder, "cp.db")];
  const command = ["--mount", "sh", "-c", script, folder, `${source}.copy`, ...opener];
  const { stdout } = await promisify(execFile)("unshare", command);
  return { folder, stdout };
}

describe.skipIf(LACKS_PRIVATE_MOUNTS)("a start of the control plane", () => {
  it("on a disk with room opens the database", async () => {
    expect((await start("true")).stdout).toBe("opened\n");
  });

  it("on a full disk says so, and does not send for a backup", async () => {
    const { folder, stdout } = await start("cat /dev/zero > core 2> /dev/null");
    expect(stdout).toContain(`the file system ${folder} (tmpfs) is full: 0 B of 2 MiB are free`);
    expect(stdout).toContain(
      `Fix: free space on it. To see its largest folders, the largest last, run:\nsudo du -xh -d 3 ${folder} | sort -h | tail`,
    );
    expect(stdout).not.toMatch(/backup|damaged/u);
  });

  it("on a disk without another inode says so", async () => {
    const { folder, stdout } = await start("i=0; while touch f$i 2> /dev/null; do i=$((i+1)); done");
    expect(stdout).toContain(`the file system ${folder} (tmpfs) has no room for another file`);
    expect(stdout).toContain(`\nsudo du --inodes -xS ${folder} | sort -n | tail -5`);
  });
});
