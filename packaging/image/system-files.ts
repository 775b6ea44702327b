import { runTool } from "../run-tool.ts";

/** A file of the build machine that goes into the images, and the Debian package that it is from. */
export interface SystemFile {
  readonly path: string;
  readonly debianPackage: string;
}

/** Since 2.34 the C library looks up names by itself; older ones load files that ldd does not name. */
const OLDEST_GLIBC = 2.34;

/** The shared libraries that `programs` need, and their loader. */
export async function sharedLibraries(programs: readonly string[]): Promise<readonly SystemFile[]> {
  const glibc = (await runTool("getconf", ["GNU_LIBC_VERSION"])).replace(/^glibc /u, "").trim();
  if (!(Number(glibc) >= OLDEST_GLIBC)) {
    throw new Error(`images need glibc ${OLDEST_GLIBC} or newer, and this is ${glibc}: build on Debian 12`);
  }
  const paths = new Set<string>();
  for (const program of programs) {
    for (const [path] of (await runTool("ldd", [program])).matchAll(/\/\S+(?= \(0x)/gu)) {
      paths.add(path);
    }
  }
  return await Promise.all([...paths].sort().map(fromDebian));
}

/** Where the agent's lock is taken: Node has no call for flock(2). */
export async function flockProgram(): Promise<SystemFile> {
  return await fromDebian((await runTool("sh", ["-c", "command -v flock"])).trim());
}

/** dpkg knows a file below /usr or not, whatever the path by which the loader found it. */
async function fromDebian(path: string): Promise<SystemFile> {
  const name = path.replace(/^\/usr(?=\/)/u, "");
  for (const candidate of [name, `/usr${name}`]) {
    const owner = await runTool("dpkg-query", ["--search", candidate]).catch(() => "");
    const [debianPackage] = owner.split(/[:,]/u);
    if (debianPackage) {
      return { path, debianPackage };
    }
  }
  throw new Error(`no Debian package owns ${path}: build the images on Debian`);
}
