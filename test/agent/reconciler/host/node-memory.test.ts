import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { endNode, NO_NODES } from "../../../../src/agent/reconciler/decide/node-list.ts";
import { readNodes, writeNodes } from "../../../../src/agent/reconciler/host/node-memory.ts";
import { listOf, makeSpec } from "../../../support/agent/nodes.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const first = listOf([makeSpec("a")]);
const second = endNode(
  listOf([makeSpec("a", { deletion: { keepData: true } }), makeSpec("b")]),
  "id-a",
  "kept",
);

it("has no nodes without the file", async () => {
  expect(await readNodes(tempDir())).toEqual({ kind: "read", list: NO_NODES, problem: undefined });
});

it("reads what was written last, also after many writes", async () => {
  const folder = tempDir();
  for (const list of [first, second, first, second]) {
    expect(await writeNodes(folder, list)).toBeUndefined();
    expect(await readNodes(folder)).toEqual({ kind: "read", list, problem: undefined });
  }
});

it("uses the file before a damaged or missing one", async () => {
  const folder = tempDir();
  await writeNodes(folder, first);
  await writeNodes(folder, second);
  const path = join(folder, "nodes.json");
  const text = await readFile(path, "utf8");
  for (const damaged of ["", text.slice(0, 100), text.replace('"format":1', '"format":2'), "{}"]) {
    await writeFile(path, damaged);
    expect(await readNodes(folder)).toEqual({ kind: "read", list: first, problem: `${path} is damaged` });
  }
  await rm(path);
  expect(await readNodes(folder)).toMatchObject({ kind: "read", list: first, problem: `${path} is missing` });
});

it("never lets a damaged file replace the one before", async () => {
  const folder = tempDir();
  await writeNodes(folder, first);
  await writeNodes(folder, first);
  await writeFile(join(folder, "nodes.json"), "damaged");
  await writeNodes(folder, second);
  await writeFile(join(folder, "nodes.json"), "damaged");
  expect(await readNodes(folder)).toMatchObject({ kind: "read", list: first });
});

it("says that nothing may be changed if both are damaged", async () => {
  const folder = tempDir();
  await writeFile(join(folder, "nodes.json"), "x");
  await writeFile(join(folder, "nodes.json.prev"), "y");
  expect(await readNodes(folder)).toMatchObject({ kind: "damaged", list: NO_NODES });
});

it("says why it cannot be written, and keeps the old file", async () => {
  const folder = tempDir();
  await writeNodes(folder, first);
  const gone = join(folder, "missing");
  expect(await writeNodes(gone, second)).toMatchObject({
    problem: expect.stringContaining(`${join(gone, "nodes.json")} cannot be written: the folder ${gone}`),
  });
  expect((await readNodes(folder)).list).toEqual(first);
});
