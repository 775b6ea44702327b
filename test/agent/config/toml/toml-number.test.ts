import { expect, it } from "vitest";
import { formatIssue } from "../../../../src/agent/config/issue/config-issue.ts";
import { withAccessToken } from "../../../../src/agent/config/toml/edit-config.ts";
import { parseToml } from "../../../../src/agent/config/toml/parse-toml.ts";
import { diagnoseKey } from "../../../../src/agent/key/diagnose-key.ts";
import { makeKey } from "../../../support/keys.ts";

const TWO_64 = 2n ** 64n;
const LEAST_INEXACT = 2n ** 53n;
const INEXACT: readonly string[] = [
  "99999999999999999999999999",
  String(LEAST_INEXACT),
  String(-LEAST_INEXACT),
  "9_007_199_254_740_993",
  "+9007199254740993",
  // What 64 bits of them are fits a setting.
  String(TWO_64 + 5n),
  String(-TWO_64 + 5n),
  `0x${(TWO_64 + 5n).toString(16)}`,
  `0o${(TWO_64 + 5n).toString(8)}`,
  `0b${(TWO_64 + 5n).toString(2)}`,
  "1e400",
  "-1e999",
];
const EXACT = ["9007199254740991", "-9007199254740991", "0x1FFFFFFFFFFFFF", "0", "1e300", "inf", "-nan"];

const PLACES = {
  "a setting": ["[reporter]\ninterval_secs = ", "", 2, 17],
  "a key that nobody knows": ["[agent]\n\n  unknown   =   ", "", 3, 17],
  "a table that nobody knows": ["[other.deep]\na.b = ", "", 2, 7],
  "above all tables": ["port = ", "\r\n[agent]", 1, 8],
  "an array": ["[agent]\r\nx = [1,\r\n 2, ", "]", 3, 5],
  "an inline table": ["[agent]\nx = { a = 1, b = ", " }", 2, 18],
  "an inline table in an array": ["[agent]\nx = [{ a = 1, b = [", "] }]", 2, 20],
  "an array of tables": ['[[agent.x]]\n[[agent.x]]\na = "é"\ny = ', "", 4, 5],
} as const;

const bare = ([before, after]: readonly [string, string, ...unknown[]], value: string) =>
  `${before}${value}${after}\n`;

it.for(Object.entries(PLACES))(
  "in %s: a number that is not exact is refused with its place",
  async ([_name, place]) => {
    for (const value of INEXACT) {
      const text = bare(place, value);
      const parsed = await parseToml(text, "agent.toml");
      expect(parsed, value).toMatchObject({
        kind: "issue",
        issue: { code: "inexact-number", line: place[2], column: place[3] },
      });
      if (parsed.kind === "issue") {
        expect(formatIssue(parsed.issue)).not.toMatch(/25377642|: is -?\d/);
      }
    }
  },
);

it.for(Object.entries(PLACES))("in %s: any other is taken", async ([_name, place]) => {
  for (const value of EXACT) {
    expect(await parseToml(bare(place, value), "agent.toml"), value).toMatchObject({
      kind: "table",
    });
  }
});

it("set-key does not write into such a file", async () => {
  const { key } = diagnoseKey(makeKey(), { kind: "config" });
  if (key === undefined) {
    throw new TypeError("no key");
  }
  expect(await withAccessToken("[other]\nx = 9007199254740993\n", key)).toMatchObject({ kind: "unparsable" });
});
