import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Tool → its Debian package, which .ci/packages lists. */
const TOOLS = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  "dpkg-deb": "dpkg",
  strip: "binutils",
  nsenter: "util-linux",
} as const;

/** Why this machine cannot boot a container; undefined if it can. */
export async function whyNot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    return "booting a container needs root";
  }
  for (const [tool, packageName] of Object.entries(TOOLS)) {
    const found = await succeeds("sh", ["-c", `command -v ${tool}`]);
    if (!found) {
      return `${tool} is missing: apt-get install ${packageName}`;
    }
  }
  const overlay = `mkdir /tmp/l /tmp/u /tmp/w /tmp/m && mount -t overlay o -o lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w /tmp/m`;
  const mounts = `mount -t tmpfs t /tmp && ${overlay}`;
  if (!(await succeeds("unshare", ["--mount", "--propagation", "private", "sh", "-c", mounts]))) {
    return "this kernel, or the container around this test, mounts no overlay";
  }
  return undefined;
}

async function succeeds(tool: string, args: readonly string[]): Promise<boolean> {
  return await run(tool, [...args]).then(
    () => true,
    () => false,
  );
}
