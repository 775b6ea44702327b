import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commentOut, insertAbove, moveAway } from "../../../src/lib/text/file-command.ts";

let folder = "";
const at = (name: string) => join(folder, name);
const run = (command: string) => execFileSync("sh", ["-c", command]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nova's files "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a file that is moved away overwrites none that was moved away before", () => {
  for (const text of ["first", "second"]) {
    writeFileSync(at("a"), text);
    run(moveAway(at("a")));
  }
  expect(readdirSync(folder).sort()).toEqual(["a.old", "a.old~"]);
  expect(readFileSync(at("a.old"), "utf8")).toBe("second");
});

it("a folder that is moved away does not go into one that was moved away before", () => {
  for (const name of ["first", "second"]) {
    mkdirSync(at("a"));
    writeFileSync(at(`a/${name}`), "");
    run(moveAway(at("a")));
  }
  expect(readdirSync(at("a.old"))).toEqual(["second"]);
  expect(readdirSync(at("a.old~"))).toEqual(["first"]);
});

it("a line is put above another one, behind a link", () => {
  writeFileSync(at("rules"), "one\ntwo\n");
  symlinkSync(at("rules"), at("link"));
  run(insertAbove(at("link"), 2, "ExecStart="));
  expect(readFileSync(at("rules"), "utf8")).toBe("one\nExecStart=\ntwo\n");
  expect(readFileSync(at("link"), "utf8")).toBe("one\nExecStart=\ntwo\n");
});

it("a line becomes a comment behind a link, and a second time changes no other line", () => {
  writeFileSync(at("rules"), "one\ntwo\nthree\n");
  symlinkSync(at("rules"), at("link"));
  run(commentOut(at("link"), { line: 2 }));
  run(commentOut(at("link"), { line: 2 }));
  expect(readFileSync(at("rules"), "utf8")).toBe("one\n# # two\nthree\n");
});
