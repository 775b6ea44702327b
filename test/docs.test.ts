import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withTables } from "../packaging/readme.ts";
import { ROOT, sourceFiles } from "./support/source-files.ts";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");

describe("the README", () => {
  it("has the journal's lines and the commands as the code has them (npm run docs)", () => {
    expect(withTables(readme) === readme, "run npm run docs").toBe(true);
  });

  it("names no file that is not there", () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map((match) => match[1] ?? "");
    const missing = links.filter((link) => {
      try {
        readFileSync(join(ROOT, link));
        return false;
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });
});

describe("the journal's events", () => {
  it("are all written by somebody", () => {
    const code = sourceFiles()
      .filter((file) => file.path !== "src/agent/journal/events.ts")
      .map((file) => file.text)
      .join("\n");
    const events = readFileSync(join(ROOT, "src/agent/journal/events.ts"), "utf8");
    const names = [...events.matchAll(/^ {2}"([a-z.-]+)": \{/gm)].map((match) => match[1] ?? "");
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
  });
});
