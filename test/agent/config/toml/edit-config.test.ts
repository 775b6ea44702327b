import { parse } from "@iarna/toml";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withAccessToken } from "../../../../src/agent/config/toml/edit-config.ts";
import { ExecutorKey } from "../../../../src/agent/key/executor-key.ts";
import { leaked, rareLetters } from "../../../support/agent/config-file.ts";
import { runs } from "../../../support/runs.ts";

const OLD = `exc_${rareLetters()}`;
const L = rareLetters();
const NEW = `exc_${L}`;
const key = new ExecutorKey(NEW);
const URL_LINE = 'url = "https://cp.example.com"';

const tableOf = (text: string) => parse(text.replaceAll("\r\n", "\n"));

async function edited(text: string): Promise<string> {
  const result = await withAccessToken(text, key);
  if (result.kind !== "edited") {
    throw new Error(JSON.stringify(result));
  }
  return result.text;
}

describe("the key in agent.toml", () => {
  it.each([
    ["is replaced", `[control_plane]\n${URL_LINE}\naccess_token = "OLD" # prod\n`, "NEW"],
    ["is replaced in single quotes", `[control_plane]\naccess_token   =   'OLD'\n${URL_LINE}\n`, "NEW"],
    ["is replaced where it was damaged", '[control_plane]\naccess_token = " OLD\\u00a0"\n', "NEW"],
    ["is replaced on several lines", '[control_plane]\naccess_token = """\nOLD\n"""\n[agent]\n', "NEW"],
    ["is replaced where it is no text", "[control_plane]\naccess_token = 5\n", "NEW"],
    ["is replaced in a dotted key", `control_plane.access_token = "OLD"\ncontrol_plane.${URL_LINE}\n`, "NEW"],
    ["is replaced in an inline table", `control_plane = { access_token = "OLD", ${URL_LINE} }\n`, "NEW"],
    ["is replaced with CRLF and a mark", `\ufeff# a\r\n[control_plane]\r\naccess_token = "OLD"\r\n`, "NEW"],
    ["is replaced without a last line end", '[control_plane]\naccess_token = "OLD"', "NEW"],
  ])("%s", async (_how, template) => {
    const text = template.replace("OLD", OLD);
    const [before = "", behind = ""] = template.split(/(?:"""\n|["'] ?)OLD(?:\\u00a0)?(?:\n"""|["'])|5/u);
    expect(await edited(text)).toBe(`${before}"${NEW}"${behind}`);
  });

  it.each([
    [
      "below the last key of its table",
      `[control_plane]\n${URL_LINE}\n\n[agent]\n`,
      `[control_plane]\n${URL_LINE}\nNEW\n\n[agent]\n`,
    ],
    ["in an empty table", "[agent]\n[control_plane] # here\n", "[agent]\n[control_plane] # here\nNEW\n"],
    [
      "indented like its neighbour",
      `[control_plane]\n  ${URL_LINE}\n`,
      `[control_plane]\n  ${URL_LINE}\n  NEW\n`,
    ],
    [
      "lined up with its neighbour",
      `[control_plane]\n${URL_LINE.replace("url", "url         ")}\n`,
      `[control_plane]\n${URL_LINE.replace("url", "url         ")}\nNEW\n`,
    ],
    [
      "below the comment that shows it",
      `[control_plane]\n${URL_LINE}\n# The key.\n# access_token = "exc_..."\n\n# proxy = "none"\n[agent]\n`,
      `[control_plane]\n${URL_LINE}\n# The key.\n# access_token = "exc_..."\nNEW\n\n# proxy = "none"\n[agent]\n`,
    ],
    [
      "not below such a comment of another table",
      `[agent]\n# access_token = "exc_..."\n[control_plane]\n${URL_LINE}\n`,
      `[agent]\n# access_token = "exc_..."\n[control_plane]\n${URL_LINE}\nNEW\n`,
    ],
    [
      "at the end of a file without a line end",
      `[control_plane]\n${URL_LINE}`,
      `[control_plane]\n${URL_LINE}\nNEW\n`,
    ],
    ["with its table", '[agent]\nname = "a"\n', '[agent]\nname = "a"\n\n[control_plane]\nNEW\n'],
    ["with its table, in an empty file", "", "[control_plane]\nNEW\n"],
    [
      "in Windows line ends",
      `[control_plane]\r\n${URL_LINE}\r\n`,
      `[control_plane]\r\n${URL_LINE}\r\nNEW\r\n`,
    ],
    ["as a dotted key", `control_plane.${URL_LINE}\n`, `control_plane.${URL_LINE}\ncontrol_plane.NEW\n`],
    ["in an inline table", `control_plane = { ${URL_LINE} }\n`, `control_plane = { ${URL_LINE}, NEW }\n`],
    ["in an empty inline table", "control_plane = {}\n", "control_plane = { NEW }\n"],
  ])("is added %s", async (_where, text, template) => {
    expect(await edited(text)).toBe(template.replace("NEW", `access_token = "${NEW}"`));
  });

  it("belongs into the key file, where there is one", async () => {
    const text = `[control_plane]\n${URL_LINE}\naccess_token_file = "/run/key"\n`;
    expect(await withAccessToken(text, key)).toEqual({ kind: "key-file", path: "/run/key" });
  });

  it.each([
    ["a syntax mistake", `[control_plane]\naccess_token = ${OLD}\n`, "unquoted-value"],
    [
      "both sources",
      `[control_plane]\naccess_token = "${OLD}"\naccess_token_file = "/run/key"\n`,
      "two-key-sources",
    ],
    ["an array of tables", `[[control_plane]]\naccess_token = "${OLD}"\n`, "not-a-table"],
    ["a table in its place", `[control_plane.access_token]\na = "${OLD}"\n`, "not-editable"],
  ])("is not set in a text with %s", async (_what, text, code) => {
    const result = await withAccessToken(text, key, "/etc/novacula/agent.toml");
    expect(result).toMatchObject({
      kind: "unparsable",
      issues: [{ code, file: "/etc/novacula/agent.toml" }],
    });
    expect(leaked(L, JSON.stringify(result))).toEqual([]);
    expect(leaked(OLD.slice(4), JSON.stringify(result))).toEqual([]);
  });

  it("is what is read back, and nothing else has changed, whatever stands around it", async () => {
    const comment = fc.stringMatching(/^[a-z "'=[\]]{0,12}$/u).map((words) => `# ${words}`);
    const line = fc.oneof(
      comment,
      fc.constantFrom("", "  ", 'proxy = "none"', 'ca_file = "/a"', "sync_interval_secs=7"),
    );
    const table = fc.tuple(
      fc.constantFrom("[agent]", "[control_plane]", "[logging]", "[ control_plane ]"),
      fc.uniqueArray(line, { maxLength: 4 }),
    );
    const file = fc.tuple(
      fc.uniqueArray(table, { maxLength: 4, selector: ([name]) => name.replaceAll(" ", "") }),
      fc.constantFrom("\n", "\r\n"),
    );
    await fc.assert(
      fc.asyncProperty(file, async ([tables, end]) => {
        const text = tables.flatMap(([name, lines]) => [name, ...lines]).join(end);
        const after = await edited(text);
        const { control_plane: table, ...others } = tableOf(text);
        expect(tableOf(after)).toEqual({ ...others, control_plane: { ...Object(table), access_token: NEW } });
        const common = Array.from(text).findIndex((character, index) => after[index] !== character);
        expect(after.endsWith(text.slice(common === -1 ? text.length : common))).toBe(true);
        expect(await edited(after)).toBe(after);
      }),
      { numRuns: runs(200) },
    );
  });
});
