import { describe, expect, it } from "vitest";
import { formatIssue } from "../../../../src/agent/config/issue/config-issue.ts";
import { parseConfig } from "../../../../src/agent/config/parse-config.ts";
import { minimal, rareLetters } from "../../../support/agent/config-file.ts";

const K = `exc_${rareLetters()}`;

async function controlPlane(text: string) {
  const parsed = await parseConfig(text, "agent.toml");
  return parsed.kind === "valid" ? parsed.config.controlPlane : parsed.issues.map(formatIssue);
}

describe("agent.toml as it is meant", () => {
  it.each([
    ["https://cp.example.com/", "https://cp.example.com"],
    ["https://cp.example.com/graphql", "https://cp.example.com"],
    ["https://cp.example.com/graphql/", "https://cp.example.com"],
    ["https://cp.example.com:8443/base//", "https://cp.example.com:8443/base"],
    ["HTTPS://CP.Example.com:443", "https://cp.example.com"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://127.8.9.10:3000/", "http://127.8.9.10:3000"],
    ["http://[::1]:3000", "http://[::1]:3000"],
  ])("takes %s for %s", async (written, url) => {
    expect(await controlPlane(`[control_plane]\nurl = "${written}"\n`)).toMatchObject({ url });
  });

  it("takes a proxy with credentials, and none", async () => {
    expect(await controlPlane(minimal('proxy = "none"'))).toMatchObject({ proxy: "none" });
    const proxy = "http://u:p%40@proxy:3128";
    expect(await controlPlane(minimal(`proxy = "${proxy}"`))).toMatchObject({ proxy });
  });

  it("takes half a second and fifteen seconds between heartbeats", async () => {
    expect(await controlPlane(minimal("sync_interval_secs = 0.5"))).toMatchObject({ syncIntervalMs: 500 });
    expect(await controlPlane(minimal("sync_interval_secs = 15"))).toMatchObject({ syncIntervalMs: 15_000 });
  });

  it("reads dotted keys and an inline table", async () => {
    expect(await controlPlane('control_plane.url = "https://a"')).toMatchObject({ url: "https://a" });
    expect(await controlPlane('control_plane = { url = "https://a" }')).toMatchObject({ url: "https://a" });
  });

  it("places a character behind escapes of every kind", async () => {
    const parsed = await parseConfig(minimal('access_token = "\\t\\u00e9\\U0001F511\\"x"'), "agent.toml");
    const token = parsed.kind === "valid" ? parsed.accessToken : undefined;
    const locate = await token?.locator();
    expect(token?.text).toBe('\t\u00e9\u{1f511}"x');
    expect([0, 1, 2, 4, 5, 6].map((index) => locate?.(index).column)).toEqual([17, 19, 25, 35, 37, 38]);
  });

  it("names the line of the key, and places in it, however it is written", async () => {
    for (const [text, line, column] of [
      [minimal(`access_token = "${K} "`), 3, 85],
      [minimal("# access_token = 1", `  "access_token" = '${K} '`), 4, 89],
      [minimal(`access_token = "\\u0065xc_${K.slice(4)} "`), 3, 90],
      [minimal(`access_token = """\n${K} """`), 4, 69],
      [minimal(`access_token = """\\\n   ${K} """`), 4, 72],
      [`control_plane = { url = "https://a", access_token = "${K} " }`, 1, 122],
      [minimal(`access_token = "${K} "`).replaceAll("\n", "\r\n"), 3, 85],
    ] as const) {
      const parsed = await parseConfig(text, "agent.toml");
      if (parsed.kind === "invalid") {
        throw new Error(parsed.issues.map(formatIssue).join("\n"));
      }
      const token = parsed.accessToken;
      expect(token?.text).toBe(`${K} `);
      expect((await token?.locator())?.(68)).toEqual({ line, column });
      expect(token?.line).toBe(line);
    }
  });
});
