import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tooManyFiles } from "../../../src/lib/files/open-files.ts";

it("of a host names no limit of a unit, and its command counts the open files of each process", () => {
  const { problem, command = "false" } = tooManyFiles("ENFILE") ?? {};
  expect(problem).toBe("this host can open no more files, of all its programs (ENFILE, fs.file-max)");
  const output = execFileSync("sh", ["-c", command.replace(/^sudo /u, "")], { encoding: "utf8" });
  expect(output).toMatch(/^(?:\d+ PID \d+ \S.*\n){1,5}$/u);
});

it.each(["EIO", "ENOSPC", "", "unknown error"])("is not what %j says", (code) => {
  expect(tooManyFiles(code)).toBeUndefined();
});

it("of a process is the limit that the kernel has for it", () => {
  const limit = /^Max open files\s+(\d+)/mu.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  expect(tooManyFiles("EMFILE")?.problem).toContain(`may open only ${limit} files at once (EMFILE)`);
});
