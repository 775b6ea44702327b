import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { listingText } from "../../../src/lib/command-line/listing.ts";
import { type Cell, table } from "../../../src/lib/command-line/table.ts";
import type { Terminal } from "../../../src/lib/command-line/terminal.ts";

const HEADINGS = ["NAME", "ID", "STATUS"];
const ROWS: readonly (readonly Cell[])[] = [
  ["prod", "0123456789abcdef0123456789abcdef", { text: "active", colour: "green" }],
  ["a much longer name", "x", { text: "revoked", colour: "red" }],
];

function terminal(columns?: number, environment: NodeJS.ProcessEnv = {}): Terminal {
  const output = { write() {}, ...(columns !== undefined && { isTTY: true, columns }) };
  return { stdin: Readable.from([]), stdout: output, stderr: output, environment };
}

describe("a table", () => {
  it("is whole and plain in a pipe", () => {
    expect(table(HEADINGS, ROWS, terminal())).toBe(
      [
        "NAME                ID                                STATUS",
        "prod                0123456789abcdef0123456789abcdef  active",
        "a much longer name  x                                 revoked",
        "",
      ].join("\n"),
    );
  });

  it.each([40, 50, 59])("fits a terminal of %i columns, the widest cells cut first", (columns) => {
    const lines = table(HEADINGS, ROWS, terminal(columns, { NO_COLOR: "1" })).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines[1]).toMatch(/^prod +0123456.*… +active$/);
  });

  it("keeps 6 characters of a column however narrow the terminal is, and all of them with --wide", () => {
    const narrow = table(HEADINGS, ROWS, terminal(5, { NO_COLOR: "1" }));
    expect(narrow).toBe(
      ["NAME    ID      STATUS", "prod    01234…  active", "a muc…  x       revok…", ""].join("\n"),
    );
    const wide = table(HEADINGS, ROWS, terminal(5, { NO_COLOR: "1" }), { wide: true });
    expect(wide).toBe(table(HEADINGS, ROWS, terminal()));
  });

  it("colours statuses on a terminal alone, and not with NO_COLOR", () => {
    expect(table(HEADINGS, ROWS, terminal(200))).toContain("\u001b[32mactive\u001b[0m");
    expect(table(HEADINGS, ROWS, terminal(200, { NO_COLOR: "1" }))).not.toContain("\u001b");
    expect(table(HEADINGS, ROWS, terminal())).not.toContain("\u001b");
  });

  it("colours the rows and not the line above them, with and without headings", () => {
    const row = (text: string) => text.split("\n").find((line) => line.includes("a much"));
    const bare = table(HEADINGS, ROWS, terminal(200), { header: false });
    expect(bare).not.toContain("NAME");
    expect(row(bare)).toContain("\u001b[31mrevoked");
    expect(row(table(HEADINGS, ROWS, terminal(200)))).toContain("\u001b[31mrevoked");
  });

  it("prints nothing unprintable", () => {
    expect(table(["A"], [["x\u001b[31m\n<0>y"]], terminal())).toBe("A\nx [31m <0>y\n");
  });
});

describe("a listing", () => {
  const listing = { headings: HEADINGS, rows: ROWS, ids: ["1", "2"], empty: "None.", notes: ["a note"] };

  it("prints only ids with --quiet, and nothing if there is none", () => {
    expect(listingText(listing, { quiet: true }, terminal())).toBe("1\n2\n");
    expect(listingText({ ...listing, rows: [], ids: [] }, { quiet: true }, terminal())).toBe("");
  });

  it("has its notes below the table, and a sentence in place of an empty one", () => {
    expect(listingText(listing, {}, terminal())).toMatch(/^NAME[\s\S]*revoked\n\na note\n$/);
    expect(listingText({ ...listing, rows: [], ids: [] }, {}, terminal())).toBe("None.\n");
  });
});
