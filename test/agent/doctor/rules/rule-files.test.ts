import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { nftRule } from "../../../../src/agent/doctor/rules/packet-rule.ts";
import { ruleFiles } from "../../../../src/agent/doctor/rules/rule-files.ts";

const RULE = nftRule("inet fw", "out", "drop", "1");
const folder = mkdtempSync(join(tmpdir(), "nova-rules-"));
const at = (name: string) => join(folder, name);

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("the files that the first one includes are read too, each once, and nothing that is no file", async () => {
  mkdirSync(at("d"), { recursive: true });
  writeFileSync(
    at("main"),
    `include "d/*.nft"\n  include '${at("other")}'\ninclude "main"\ninclude "/none"\ninclude "**/b.conf"\n`,
  );
  writeFileSync(at("other"), "drop\n");
  writeFileSync(at("d/a.nft"), `include "${at("other")}"\n`);
  writeFileSync(at("d/b.conf"), "drop\n");
  mkdirSync(at("d/folder.nft"));
  execFileSync("mkfifo", [at("d/fifo.nft")]);
  const found = await ruleFiles(RULE, [at("main")]);
  expect(found.map(({ path }) => path)).toEqual([at("main"), at("d/a.nft"), at("other")]);
  expect(found.at(-1)?.text).toBe("drop\n");
});

it("no more than forty are read, and no long one in whole", async () => {
  mkdirSync(at("many"), { recursive: true });
  for (let each = 100; each < 200; each += 1) {
    writeFileSync(at(`many/${each}.nft`), each === 100 ? "x".repeat(300_000) : "");
  }
  const found = await ruleFiles(RULE, [at("many/100.nft"), at("many/*")]);
  expect(found).toHaveLength(40);
  expect(found[0]?.text).toHaveLength(256 * 1024);
});
