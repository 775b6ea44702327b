import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyright, thirdPartyLicenses } from "../licenses.ts";
import { PackageTree } from "../package-tree.ts";
import { EXECUTABLE } from "../paths.ts";
import { reproducibleTar } from "./reproducible-tar.ts";
import { sbom } from "./sbom.ts";
import { flockProgram, sharedLibraries } from "./system-files.ts";

/** The user of both images: none of the system's, and "nonroot" in other images from scratch. */
export const IMAGE_USER = 65_532;

const TEXTS: Readonly<Record<string, string>> = {
  "etc/passwd": `root:x:0:0:root:/:/sbin/nologin\nnovacula:x:${IMAGE_USER}:${IMAGE_USER}:Novacula:/:/sbin/nologin\n`,
  "etc/group": `root:x:0:\nnovacula:x:${IMAGE_USER}:\n`,
  // Without it the C library asks DNS before it reads /etc/hosts.
  "etc/nsswitch.conf": "hosts: files dns\n",
};

/** Where a container mounts something. The root is read-only there. */
const FOLDERS = ["dev", "proc", "sys", "etc/novacula", "run", "var/lib"];
/** The programs' own, so that a new volume gets owner and mode from them. */
const OWN_FOLDERS = [
  "run/novacula",
  "run/novacula-control-plane",
  "var/lib/novacula",
  "var/lib/novacula-control-plane",
];

export interface Layer {
  /** A tar archive. */
  readonly bytes: Buffer;
  readonly sbom: string;
}

/**
 * The files of both images: the binary under its two names, flock(1), the libraries of both, and
 * licences. Nothing else: no shell, no package manager, no certificates, because Node has its own.
 */
export async function makeLayer(executableSha256: string, builtAt: Date): Promise<Layer> {
  const folder = await mkdtemp(join(tmpdir(), "novacula-image-"));
  try {
    const flock = await flockProgram();
    const files = [flock, ...(await sharedLibraries([EXECUTABLE, flock.path]))];
    const debianPackages = [...new Set(files.map(({ debianPackage }) => debianPackage))].sort();
    const text = await sbom(executableSha256, debianPackages, builtAt);
    const tree = new PackageTree(join(folder, "root"));
    await tree.addFile("usr/bin/novacula-agent", EXECUTABLE, 0o755);
    await symlink("novacula-agent", join(folder, "root/usr/bin/novacula-control-plane"));
    for (const { path } of files) {
      await tree.addFile(path.slice(1), path, 0o755);
    }
    for (const [path, content] of Object.entries(TEXTS)) {
      await tree.addText(path, content);
    }
    await addDocuments(tree, debianPackages, text);
    return { bytes: await packed(folder, builtAt), sbom: text };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addDocuments(tree: PackageTree, debianPackages: readonly string[], text: string) {
  const documents = "usr/share/doc/novacula-agent";
  await tree.addText(`${documents}/sbom.spdx.json`, text);
  await tree.addText(`${documents}/copyright`, await copyright("novacula-agent"));
  await tree.addCompressed(`${documents}/third-party-licenses.gz`, await thirdPartyLicenses());
  for (const name of debianPackages) {
    const file = `usr/share/doc/${name}/copyright`;
    await tree.addFile(file, `/${file}`);
  }
}

async function packed(folder: string, builtAt: Date): Promise<Buffer> {
  const own = join(folder, "own");
  const root = join(folder, "root");
  const open = join(folder, "open");
  await makeFolders(root, FOLDERS);
  await makeFolders(own, OWN_FOLDERS);
  await makeFolders(open, ["tmp"]);
  const archive = { path: join(folder, "layer.tar"), builtAt };
  const system = { owner: 0, mode: "u=rwX,go=rX" };
  await reproducibleTar({ ...archive, ...system, folder: root, members: (await readdir(root)).sort() });
  await reproducibleTar({ ...archive, owner: IMAGE_USER, mode: "0700", folder: own, members: OWN_FOLDERS });
  await reproducibleTar({ ...archive, owner: 0, mode: "1777", folder: open, members: ["tmp"] });
  return await readFile(archive.path);
}

async function makeFolders(root: string, folders: readonly string[]): Promise<void> {
  for (const path of folders) {
    await mkdir(join(root, path), { recursive: true });
  }
}
