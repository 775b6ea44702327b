import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { ownerText } from "../accounts.ts";
import { errorCode } from "../errors.ts";
import { printable } from "../printable.ts";

/** A folder that users other than root can write to, as it is now. */
export interface OpenFolder {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** The permission bits. */
  readonly mode: number;
}

/** `/var/lib/x (owner novacula, group novacula, mode 0755)`, for a sentence. */
export function folderText(folder: OpenFolder): string {
  const mode = folder.mode.toString(8).padStart(4, "0");
  return `${printable(folder.path, 4096)} (${ownerText(folder)}, mode ${mode})`;
}

/** The place of a file. Its folder is held open, so that nobody can swap it for another one. */
export interface HeldPlace extends AsyncDisposable {
  /**
   * `/proc/self/fd/7/agent.toml`. The last part was not a link when it was checked. Only a user who
   * can write to the folder can have put one there since.
   */
  readonly handle: string;
  /** The path without links, to show to people. */
  readonly real: string;
  /** The folders above the file that users other than root can write to, outermost first. */
  readonly open: readonly OpenFolder[];
}

const MAX_LINKS = 40;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A symbolic link in a folder that users other than root can write to. It may lead anywhere, and
 * somewhere else a moment later.
 */
export class LinkInOpenFolder extends Error {
  override readonly name = "LinkInOpenFolder";
  readonly link: string;
  readonly folder: OpenFolder;

  constructor(link: string, folder: OpenFolder) {
    super(`${link} is a symbolic link`);
    this.link = link;
    this.folder = folder;
  }
}

/**
 * Walks to the absolute `path`: opens each part from inside the one before. Follows links only in
 * folders that nobody but root can write to. The file itself need not exist. Rejects with a
 * LinkInOpenFolder or a system error.
 */
export async function holdPlace(path: string): Promise<HeldPlace> {
  const walk = new Walk(await open("/", FOLDER));
  try {
    const name = await walk.to(path);
    const { folder, real, open } = walk;
    return {
      handle: `/proc/self/fd/${folder.fd}/${name}`,
      real: join(real, name),
      open,
      [Symbol.asyncDispose]: () => folder.close(),
    };
  } catch (error) {
    await walk.folder.close();
    throw error;
  }
}

class Walk {
  folder: FileHandle;
  real = "/";
  readonly open: OpenFolder[] = [];
  #links = 0;

  constructor(root: FileHandle) {
    this.folder = root;
  }

  /** Walks to the folder of the file, and returns the name of the file in it. */
  async to(path: string): Promise<string> {
    const parts = partsOf(path);
    for (;;) {
      const name = parts.shift();
      if (name === undefined) {
        throw systemError("EISDIR", path);
      }
      const here = `/proc/self/fd/${this.folder.fd}/${name}`;
      if (await isLink(here)) {
        parts.unshift(...(await this.#follow(here, name, path)));
      } else if (parts.length === 0 && name !== "..") {
        return name;
      } else {
        await this.#enter(here, name);
      }
    }
  }

  async #follow(here: string, name: string, path: string): Promise<readonly string[]> {
    const folder = this.open.at(-1);
    if (folder !== undefined) {
      throw new LinkInOpenFolder(join(this.real, name), folder);
    }
    this.#links += 1;
    if (this.#links > MAX_LINKS) {
      throw systemError("ELOOP", path);
    }
    const target = await readlink(here);
    if (target.startsWith("/")) {
      await this.#enter("/", "/");
    }
    return partsOf(target);
  }

  async #enter(here: string, name: string): Promise<void> {
    const next = await open(here, FOLDER);
    await this.folder.close();
    this.folder = next;
    this.real = name === "/" ? name : join(this.real, name);
    const stats = await next.stat();
    const { uid, gid, mode } = stats;
    if (!isRootOnly(stats)) {
      this.open.push({ path: this.real, uid, gid, mode: mode & 0o7777 });
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return false;
    }
    throw error;
  }
}

/**
 * The sticky bit does not help: anyone can still create a link under a name that is not in use yet.
 */
function isRootOnly({ uid, gid, mode }: Stats): boolean {
  const others = gid === 0 ? 0o002 : 0o022;
  return uid === 0 && (mode & others) === 0;
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
