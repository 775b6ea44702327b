import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../../src/agent/config/parse-config.ts";
import { leaked, minimal, rareLetters } from "../../../support/agent/config-file.ts";

const L = rareLetters();
/** As a piece of a key is: a random one could be all of one case. */
const PIECE = "QzxJkVqZXjKv";

/** The first round: what is said about the line, without its place and without the last sentence. */
async function said(text: string): Promise<string> {
  const parsed = await parseConfig(text, "agent.toml");
  const issues = parsed.kind === "valid" ? [] : parsed.issues;
  expect(leaked(L, JSON.stringify(issues))).toEqual([]);
  return issues
    .map(formatIssue)
    .join("\n")
    .replace(/^agent\.toml:\d+:\d+: /u, "")
    .replace(/ Then check again: there may be more mistakes behind it\.$/u, "");
}

const SECONDS = "a number of seconds from 0.5 to 15";

describe("a number with a unit, or in the form of another language", () => {
  it.each([
    ["5s", "5"],
    ["5 seconds  # often", "5"],
    ["7500ms", "7.5"],
    ["0.25m", "15"],
    ["2,5", "2.5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["05", "5"],
    ["5,", "5"],
    ["5s;", "5"],
    ["5s'", "5"],
    ['"5s', "5"],
    ['"5', "5"],
  ])("is said as the setting wants it: %s", async (value, number) => {
    expect(await said(minimal(`sync_interval_secs = ${value}`))).toBe(
      `control_plane.sync_interval_secs: has a value that is no number. Write sync_interval_secs = ${number}: ${SECONDS}.`,
    );
  });

  it.each(["5m", "-3s", "five", "True", "5 5", "99999999999s", `exc_${L}`])(
    "has its range said if it is none that the setting accepts: %s",
    async (value) => {
      expect(await said(minimal(`sync_interval_secs = ${value}`))).toBe(
        `control_plane.sync_interval_secs: has a value that is no number. It must be ${SECONDS}, without a unit and without quotes.`,
      );
    },
  );

  it.each([
    ["interval_secs: 30s", "Write an equals sign: interval_secs = 30."],
    ["interval_secs: 30s # often", "Write an equals sign: interval_secs = 30."],
    ['"interval_secs": "2m",', "Write an equals sign: interval_secs = 120."],
    ["interval_secs: often", "Write an equals sign: interval_secs = …."],
    ["interval_secs 30s", "Write interval_secs = 30: the name in one word, then =."],
    ["export interval_secs=30", "Write only the name, then = and the value: interval_secs = 30."],
    ["scrape_timeout_ms: 5s", "Write an equals sign: scrape_timeout_ms = 5000."],
  ])("has no quotes in the example of another mistake: %s", async (line, remedy) => {
    expect(await said(minimal("[reporter]", line))).toMatch(
      new RegExp(`\\. ${remedy.replaceAll(".", "\\.")}$`, "u"),
    );
  });

  it("counts in the unit of its setting, in whatever way that is named", async () => {
    const write = async (...lines: readonly string[]) =>
      /Write ([^:]*):/u.exec(await said(minimal(...lines)))?.[1];
    expect(await write("[reporter]", "scrape_timeout_ms = 5s")).toBe("scrape_timeout_ms = 5000");
    expect(await write("[reconciler]", "interval_secs = 30s")).toBe("interval_secs = 30");
    expect(await write("interval_secs = 30s")).toBe("interval_secs = 30");
    expect(await write("reporter.interval_secs = 5m")).toBe("reporter.interval_secs = 300");
    expect(await said(minimal("[reporter]", "intervall = 30s"))).toBe(
      "has a value without quotes. Write a number without a unit, and text in double quotes.",
    );
  });
});

describe("a text without quotes", () => {
  it.each([
    ["ca_file = /etc/novacula/ca.pem # ours", 'ca_file = "/etc/novacula/ca.pem"'],
    ["proxy = None", 'proxy = "none"'],
    ["proxy = off", 'proxy = "none"'],
    ["[agent]\nname = my host", 'name = "my host"'],
    ['[agent]\nname = my-host"', 'name = "my-host"'],
    ["[agent]\npublic_host = 10.0.0.5", 'public_host = "10.0.0.5"'],
    ["[agent]\nchannel = Stable,", 'channel = "stable"'],
    ["[logging]\nlevel = WARNING", 'level = "warn"'],
    ["agent.name = my-host", 'agent.name = "my-host"'],
  ])("is written in the first round: %j", async (lines, fix) => {
    expect(await said(minimal(lines))).toMatch(
      new RegExp(`\\. Put the value in double quotes: ${fix.replaceAll(".", "\\.")}\\.$`, "u"),
    );
  });

  it.each([
    "https://cp.example.com",
    "cp.example.com",
    "https://cp.example.com  # ours",
    "https:/cp.example.com",
    "htps//cp.example.com/members",
  ])("is the URL that was meant: %s", async (url) => {
    expect(await said(`[control_plane]\nurl = ${url}\n`)).toBe(
      'control_plane.url: has a value without quotes. Put the value in double quotes: url = "https://cp.example.com".',
    );
  });

  it("is not made up if nobody can tell what was meant", async () => {
    const advice = /Put the value in double quotes: name = "…"\.$/u;
    for (const value of ["Ünï", 'a"b', "a\\b", "x".repeat(201)]) {
      expect(await said(minimal(`[agent]\nname = ${value}`))).toMatch(advice);
    }
    expect(await said(minimal("[agent]\ndata_dir = data"))).not.toContain("https://");
  });

  it("has the rule said if the setting does not accept it", async () => {
    expect(await said(minimal("ca_file = ca.pem"))).toContain(
      'ca_file = "…". It must be an absolute path such as "/etc/novacula/ca.pem".',
    );
    expect(await said("[control_plane]\nurl = http://cp.example.com\n")).toContain(
      'url = "…". It must be https:// in place of http://',
    );
    expect(await said(minimal("[logging]\nlevel = on"))).toContain('It must be one of "debug", "info"');
  });

  it.each([
    `access_token = exc_${L}`,
    `access_token = ${PIECE}`,
    `access_token_file = ${L}`,
    `proxy = http://user:${PIECE}@proxy:3128`,
    `[agent]\nname = exc_${L}`,
    `[agent]\nname = ${PIECE}`,
    `[agent]\nname = ${L.slice(0, 40)}`,
    `[agent]\npublic_host = ${PIECE}.example.com`,
    `[agent]\ndata_dir = /var/${PIECE}`,
  ])("is not repeated if it may be a secret, or a piece of one: %#", async (lines) => {
    expect(await said(minimal(lines))).toContain('= "…"');
  });
});

it.each(["5", "true", "1.5"])("a name that TOML reads as something else is quoted: %s", async (value) => {
  expect(await said(minimal(`[agent]\nname = ${value}`))).toMatch(
    /at either end\. Put it in double quotes\.$/u,
  );
});
