import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../errors.ts";

/**
 * Creates a folder and the missing ones above it; resolves with whether it was missing. Rejects
 * with a system error. Goes level by level: the recursive mkdir of Node never ends below /proc,
 * which answers ENOENT.
 */
export async function makeFolder(path: string, mode: number): Promise<boolean> {
  if (await isFolder(path)) {
    return false;
  }
  if (await isMade(path, mode)) {
    return true;
  }
  const above = dirname(path);
  if (above !== path) {
    await makeFolder(above, mode);
  }
  await mkdir(path, { mode }).catch(async (error: unknown) => {
    if (errorCode(error) !== "EEXIST" || !(await isFolder(path))) {
      throw error;
    }
  });
  return true;
}

/** Whether the folder exists or was created; false if a folder above it is missing. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (await isFolder(path)) {
      return true;
    }
    if (errorCode(error) === "ENOENT") {
      return false;
    }
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
