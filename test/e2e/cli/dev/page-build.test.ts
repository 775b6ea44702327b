import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { buildPage, whyBuildPage } from "../../../../src/agent/cli/dev/page-build.ts";
import { ROOT } from "../../../support/source-files.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** What the build reads. */
const COPIED = [
  "src/page",
  "src/lib",
  "src/protocol",
  "vite.config.ts",
  "packaging/precompress.ts",
  "tsconfig.json",
  "package.json",
];

it("the page can be built twice at once while it is served: each file is whole at any time", async () => {
  const root = checkout();
  const page = join(root, "dist/page");
  expect(whyBuildPage(root)).toBe("it is missing");
  await buildPage(process.env["PATH"], root);
  expect(whyBuildPage(root)).toBeUndefined();
  const before = filesIn(page);
  expect([...before.keys()]).toEqual(
    expect.arrayContaining(["index.html", "index.html.br", "index.html.gz"]),
  );
  const inode = statSync(join(page, "index.html")).ino;

  const path = process.env["PATH"];
  let isBuilding = true;
  const building = Promise.all([buildPage(path, root), buildPage(path, root)]).finally(() => {
    isBuilding = false;
  });
  while (isBuilding) {
    // The same sources make the same files.
    expect(filesIn(page)).toEqual(before);
    await setImmediate();
  }
  await building;
  expect(filesIn(page)).toEqual(before);
  // Replaced, not written over: who has the old one open reads it to its end.
  expect(statSync(join(page, "index.html")).ino).not.toBe(inode);
  expect(readdirSync(join(root, "dist"))).toEqual(["page"]);
});

/** A checkout of its own, with this one's packages. */
function checkout(): string {
  const root = tempDir();
  for (const path of COPIED) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return root;
}

/** Path in `folder` → content, in Latin-1. */
function filesIn(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")]),
  );
}
