import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../../src/agent/config/parse-config.ts";
import { leaked, rareLetters } from "../../../support/agent/config-file.ts";
import { growth } from "../../../support/growth.ts";
import { runs } from "../../../support/runs.ts";

const L = rareLetters();
const K = `exc_${L}`;
const HEAD = '[control_plane]\nurl = "https://cp.example.com"\n';
const TAIL = '\n[logging]\nlevel = "info"\n';

async function issue(text: string): Promise<string> {
  const parsed = await parseConfig(text, "agent.toml");
  if (parsed.kind === "valid") {
    throw new Error("is valid");
  }
  const said = `${JSON.stringify(parsed)} ${inspect(parsed, { depth: 10, showHidden: true })}`;
  expect(leaked(L, said)).toEqual([]);
  return parsed.issues.map(formatIssue).join("\n").replace(MORE, "");
}

/** Every mistake but that of another format ends so. */
const MORE = / Then check again: there may be more mistakes behind it\.$/u;

describe("a parser, which stops at the first mistake", () => {
  it.each([
    ["a missing quote", "[agent]\nname = x\n", true],
    ["something that is set twice", "[agent]\n[agent]\n", true],
    ["a number that cannot be kept", "[agent]\nname = 1e400\n", true],
    ["a quote that is never closed", '[agent]\nname = """x\n', true],
    ["an unknown setting", "[agent]\nnom = 1\n", false],
    ["another format", '{"agent": {}}', false],
  ])("says that there may be more behind %s: %s", async (_what, text, isSaid) => {
    const parsed = await parseConfig(text, "agent.toml");
    const said = parsed.kind === "valid" ? "" : parsed.issues.map(formatIssue).join("\n");
    expect(MORE.test(said)).toBe(isSaid);
  });
});

const ACCESS_TOKEN = "control_plane.access_token:";
const QUOTE_IT = 'Put the value in double quotes: access_token = "…".';
const EQUALS = 'Write access_token = "…": the name in one word, then =.';
const CLOSE_IT = "Close it with the same quote, on the same line.";
const BEHIND = "Delete it: a line ends without comma or semicolon, and a comment starts with #.";
const BRACKETS = "Write a table as [control_plane], and a value in quotes.";

describe("a TOML mistake on the key's own line", () => {
  it.each([
    [`access_token = ${K}`, `3:16: ${ACCESS_TOKEN} has a value without quotes. ${QUOTE_IT}`],
    [`access_token = "${K}`, `3:16: ${ACCESS_TOKEN} opens a quote that is never closed. ${CLOSE_IT}`],
    [`access_token = '${K}"`, `3:16: ${ACCESS_TOKEN} opens a quote that is never closed. ${CLOSE_IT}`],
    [`access_token = "\n${K}"`, `3:16: ${ACCESS_TOKEN} opens a quote that is never closed. ${CLOSE_IT}`],
    [
      `access_token = "${K.slice(0, 30)}\n${K.slice(30)}"`,
      `3:16: ${ACCESS_TOKEN} opens a quote that is never closed. ${CLOSE_IT}`,
    ],
    [`access_token = ${K}"`, `3:16: ${ACCESS_TOKEN} closes a quote that was never opened. ${QUOTE_IT}`],
    [
      `access_token = \u201c${K}\u201d`,
      `3:16: ${ACCESS_TOKEN} has U+201C LEFT DOUBLE QUOTATION MARK. Type a plain quote (") instead.`,
    ],
    [
      `access_token = "${K}\u201d`,
      `3:85: ${ACCESS_TOKEN} has U+201D RIGHT DOUBLE QUOTATION MARK. Type a plain quote (") instead.`,
    ],
    [
      `access_token =\u00a0"${K}"`,
      `3:15: ${ACCESS_TOKEN} has U+00A0 NO-BREAK SPACE. Delete it, or type a plain space instead.`,
    ],
    [
      `access_token = "${K}\u0007"`,
      `3:85: ${ACCESS_TOKEN} has U+0007 BELL. Delete it, or type a plain space instead.`,
    ],
    [
      `access_token: "${K}"`,
      `3:13: ${ACCESS_TOKEN} has a colon after the name, as in YAML or JSON. Write an equals sign: access_token = "…".`,
    ],
    [
      `export ACCESS_TOKEN="${K}"`,
      `3:1: ${ACCESS_TOKEN} starts with a word of the shell or of a programming language. Write only the name, then = and the value: access_token = "…".`,
    ],
    [`access_token == "${K}"`, `3:14: ${ACCESS_TOKEN} has two equals signs. Keep one.`],
    [
      `access_token "${K}"`,
      `3:14: ${ACCESS_TOKEN} has no equals sign after the name, or a name of two words. ${EQUALS}`,
    ],
    [
      "access_token =",
      `3:15: ${ACCESS_TOKEN} has no value after the equals sign. Write a value, or start the line with #.`,
    ],
    [`access_token = "${K}";`, `3:86: ${ACCESS_TOKEN} has more text after the closing quote. ${BEHIND}`],
    [`access_token = "${K}",`, `3:86: ${ACCESS_TOKEN} has more text after the closing quote. ${BEHIND}`],
    [
      `access_token = "${K}" // prod`,
      `3:87: ${ACCESS_TOKEN} has more text after the closing quote. ${BEHIND}`,
    ],
    [
      `access_token = "${K}" "${K}"`,
      `3:87: ${ACCESS_TOKEN} has more text after the closing quote. ${BEHIND}`,
    ],
    [
      `access_token = "${K}\\q"`,
      `3:85: ${ACCESS_TOKEN} has a backslash that TOML does not allow in double quotes. Use single quotes, or write the backslash twice.`,
    ],
    [`access_token = ["${K}"`, `3:16: ${ACCESS_TOKEN} has a bracket without its other half. ${BRACKETS}`],
    [
      `access_token = """${K}`,
      "3:16: opens a multi-line text that is never closed. Use one quote on each side: every value of agent.toml is a single line.",
    ],
    [
      `access_token = "${K}"\naccess_token = "${K}"`,
      `4:1: ${ACCESS_TOKEN} is set twice, in lines 3 and 4. Delete one of them.`,
    ],
    [
      K,
      '3:69: has no equals sign after the name, or a name of two words. Write name = "…": the name in one word, then =.',
    ],
    [
      `"${K}"`,
      '3:71: has no equals sign after the name, or a name of two words. Write name = "…": the name in one word, then =.',
    ],
  ])("%#", async (line, sentence) => {
    expect(await issue(HEAD + line + TAIL)).toBe(`agent.toml:${sentence}`);
    const windows = (HEAD + line + TAIL).replaceAll("\n", "\r\n");
    expect(await issue(windows)).toBe(`agent.toml:${sentence}`);
  });
});

describe("a TOML mistake beside the key", () => {
  it.each([
    [
      `[control_plane\naccess_token = "${K}"\n`,
      `agent.toml:1:1: control_plane: has a bracket without its other half. ${BRACKETS}`,
    ],
    [
      `[control_plane]\nurl = https://a\naccess_token = "${K}"\n`,
      'agent.toml:2:7: control_plane.url: has a value without quotes. Put the value in double quotes: url = "https://a".',
    ],
    [
      `[control_plane]\naccess_token = "${K}"\nurl = https://a\n`,
      'agent.toml:3:7: control_plane.url: has a value without quotes. Put the value in double quotes: url = "https://a".',
    ],
    [
      `[control_plane]\naccess_token = "${K}"\n[agent`,
      `agent.toml:3:1: agent: has a bracket without its other half. ${BRACKETS}`,
    ],
    [
      `[control_plane]\naccess_token = "${K}"\n// until May\n`,
      "agent.toml:3:1: is a comment in the syntax of another language. Start it with #.",
    ],
    [
      `[control_plane]\naccess_token = "${K}"\n[agent]\n[agent]\n`,
      "agent.toml:4:2: agent: is set twice, in lines 3 and 4. Delete one of them.",
    ],
    [
      `[control_plane]\naccess_token = "${K}"\nx = 1979-13-45\n`,
      'agent.toml:3:14: has a value without quotes. Put the value in double quotes: name = "…".',
    ],
    [`access_token = "${K}"\nt = 07:32:00\nb = 1\n`, /^agent.toml:\d:\d+: /u],
    [`access_token = "${K}"\n= 1\n`, /^agent.toml:2:1: is not valid TOML from here on\./u],
  ])("%#", async (text, sentence) => {
    const said = await issue(text);
    if (typeof sentence === "string") {
      expect(said).toBe(sentence);
    } else {
      expect(said).toMatch(sentence);
    }
  });

  it.each([
    [`{"control_plane": {"access_token": "${K}"}}`, "JSON"],
    [`---\ncontrol_plane:\n  access_token: ${K}\n`, "YAML"],
    ["<!doctype html>\n<title>Sign in</title>", "HTML or XML"],
  ])("names another format: %#", async (text, format) => {
    expect(await issue(text)).toContain(`agent.toml:1:1: is ${format}, not TOML. `);
  });
});

describe("a name that every object has", () => {
  it.each([
    "constructor.zap = 1",
    "[constructor]\nzap = 1",
    "[toString]\nzap = 1",
    "[control_plane.constructor]\nzap = 1",
    'a = { "__proto__" = { zap = 1 } }',
    '"\\u0063onstructor".zap = 1',
    "constructor.constructor.zap = 1",
    "[[hasOwnProperty]]\nzap = 1",
  ])("is an unknown setting and touches nothing: %j", async (text) => {
    const said = await issue(`${text}\n`);
    expect(said).toMatch(
      /^agent.toml:1:\d+: \w+: unknown setting\. Delete the line: agent.toml has no such setting\.$/u,
    );
    for (const value of [Object, Function, Object.prototype.toString, Object.prototype.hasOwnProperty, {}]) {
      expect(value).not.toHaveProperty("zap");
    }
  });

  it("may stand in a comment and in a value", async () => {
    const parsed = await parseConfig(`# constructor\n${HEAD}[agent]\nname = "constructor"\n`, "agent.toml");
    expect(parsed).toMatchObject({ kind: "valid", config: { agent: { name: "constructor" } } });
  });
});

it("never quotes the key, whatever was typed wherever", async () => {
  const base = `[agent]\nname = "a"\n${HEAD}access_token = "${K}"\n${TAIL}`;
  const typed = fc.constantFrom(
    ..."\"'=\n .[]#\\{},:\u00a0\u201c1x-",
    '"""',
    '"\n',
    "access_token = ",
    "exc_",
    "\\u",
  );
  const edit = fc.record({ at: fc.nat(base.length), deleted: fc.nat(3), typed });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const text = edits.reduce(
        (all, { at, deleted, typed }) => all.slice(0, at) + typed + all.slice(at + deleted),
        base,
      );
      const parsed = await parseConfig(text, "agent.toml");
      const said = parsed.kind === "valid" ? parsed.config : parsed.issues;
      expect(`${JSON.stringify(said)} ${inspect(said)}`).not.toMatch(/[QZXJVKqzxjvk]{3}/u);
    }),
    { numRuns: runs(600) },
  );
});

it.each(["=[", "a=", '"', "[", "a.", "x = 1\n", "[a]\n", "\\", "'''"])(
  "reads much of the nonsense %j with work that grows with its length",
  { timeout: 120_000 },
  async (part) => {
    const text = (size: number) => part.repeat(Math.floor(size / part.length));
    const texts = new Map([10_000, 100_000].map((size) => [size, text(size)]));
    expect(await growth((size) => issue(texts.get(size) ?? ""), 10_000)).toBeLessThan(40);
  },
);
