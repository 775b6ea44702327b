import { execFile } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSea } from "node:sea";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";

const CHECKOUT = fileURLToPath(new URL("../../../..", import.meta.url));
const VITE = join(CHECKOUT, "node_modules/vite/bin/vite.js");
const PAGE = "dist/page";
/** With its compressed forms, whose names begin alike. */
const ENTRY = "index.html";
const SOURCES = ["src/{page,lib,protocol}/**", "vite.config.ts", "packaging/precompress.ts"];

/**
 * In a checkout, builds the page that the control plane serves if it has to be, and says so.
 * Returns whether there is a page. In a package, the control plane contains it.
 */
export async function ensurePage(terminal: Terminal): Promise<boolean> {
  if (isSea()) {
    return true;
  }
  const why = whyBuildPage();
  if (why === undefined) {
    return true;
  }
  print(terminal, `Building the page, because ${why}. This takes a few seconds.`);
  try {
    await buildPage(terminal.environment["PATH"]);
    return true;
  } catch (error) {
    const reason = existsSync(VITE) ? String(error) : `there is no ${VITE}`;
    complain(terminal, `There is no page: it could not be built (${printable(reason, 500)}).\nFix: npm ci`);
    return false;
  }
}

/** `it is missing`, or undefined if it is as new as its sources. */
export function whyBuildPage(root = CHECKOUT): string | undefined {
  const built = statSync(join(root, PAGE, ENTRY), { throwIfNoEntry: false });
  if (built === undefined) {
    return "it is missing";
  }
  const newer = globSync(SOURCES, { cwd: root }).find(
    (path) => statSync(join(root, path)).mtimeMs > built.mtimeMs,
  );
  return newer === undefined ? undefined : `it is older than ${printable(newer)}`;
}

/**
 * Every file appears as a whole, and index.html after those that it names: `dev` in another
 * terminal may build the page at the same time, or serve it. Old files stay, because another
 * control plane may be serving them.
 */
export async function buildPage(path: string | undefined, root = CHECKOUT): Promise<void> {
  const page = join(root, PAGE);
  await mkdir(page, { recursive: true });
  // Beside the page, because a rename does not leave the file system.
  const unfinished = await mkdtemp(`${page}-`);
  try {
    await promisify(execFile)(process.execPath, [VITE, "build", "--outDir", unfinished], {
      cwd: root,
      env: { PATH: path, NODE_ENV: "production" },
    });
    const files = globSync("**/*.*", { cwd: unfinished });
    const isEntry = (file: string) => file.startsWith(ENTRY);
    for (const file of [...files.filter((each) => !isEntry(each)), ...files.filter(isEntry)]) {
      await mkdir(dirname(join(page, file)), { recursive: true });
      await rename(join(unfinished, file), join(page, file));
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
