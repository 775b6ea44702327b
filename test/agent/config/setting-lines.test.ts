import { describe, expect, it } from "vitest";
import { settingLines, withLines } from "../../../src/agent/config/setting-lines.ts";

const TEXT = `# control_plane.url = "x"
[agent]
  name = "a" # [control_plane]

[ control_plane ]\r
url = "https://cp.example.com"
proxy="http://p:3128"
`;

describe("the lines of settings", () => {
  it("are found below their tables", () => {
    expect([...settingLines(TEXT)]).toEqual([
      ["agent.name", 3],
      ["control_plane.url", 6],
      ["control_plane.proxy", 7],
    ]);
  });

  it.each([
    ["dotted names", 'control_plane.url = "x"'],
    ["inline tables", 'control_plane = { url = "x" }'],
    ["long strings, which may look like settings", '[agent]\nname = """\n[control_plane]\nurl = 1"""'],
  ])("are not guessed for %s", (_what, text) => {
    expect([...settingLines(text).keys()]).not.toContain("control_plane.url");
  });

  it("stand behind the first mention of a setting", () => {
    const lines = settingLines(TEXT);
    expect(withLines("check control_plane.url, then control_plane.url again", lines, "agent.toml")).toBe(
      "check control_plane.url (agent.toml line 6), then control_plane.url again",
    );
    expect(withLines("set control_plane.ca_file", lines, "agent.toml")).toBe("set control_plane.ca_file");
    const twice = withLines(withLines("control_plane.proxy", lines, "f"), lines, "f");
    expect(twice).toBe("control_plane.proxy (f line 7)");
  });
});
