import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs in its own mount namespace, so that the mount ends with it. Arguments: FOLDER, LOWER,
 * archives.
 */
const INSTALL = `
folder=$1 lower=$2
shift 2
mkdir -p "$folder/upper" "$folder/work" "$folder/merged"
mount -t overlay package-layer -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/merged"
mkdir "$folder/merged/tmp/archives"
cp "$@" "$folder/merged/tmp/archives"
chroot "$folder/merged" sh -c 'dpkg --install /tmp/archives/*.deb'
rm -r "$folder/merged/tmp/archives"
umount "$folder/merged"
`;

/**
 * Installs the packages on top of `lower` without starting anything, as for an image. Resolves with
 * the new layer's folder.
 */
export async function packageLayer(
  folder: string,
  lower: string,
  archives: readonly string[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const script = ["sh", "-euc", INSTALL, "sh", folder, lower, ...archives];
  await run("unshare", ["--mount", "--propagation", "private", ...script], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
  });
  return join(folder, "upper");
}
