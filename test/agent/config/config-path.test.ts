import { describe, expect, it } from "vitest";
import { configPath, loadConfig } from "../../../src/agent/config/load-config.ts";

describe("the path of agent.toml", () => {
  it.each([
    ["/srv/agent.toml", "/srv/agent.toml"],
    ['"/srv/agent.toml"', "/srv/agent.toml"],
    ["'/srv/agent.toml'", "/srv/agent.toml"],
    [" /srv/agent.toml ", "/srv/agent.toml"],
    ['" /srv/agent.toml "', "/srv/agent.toml"],
    ["/srv/it's here.toml", "/srv/it's here.toml"],
    ['/srv/"new".toml', '/srv/"new".toml'],
    ["", "/etc/novacula/agent.toml"],
    ['""', "/etc/novacula/agent.toml"],
    ["  ", "/etc/novacula/agent.toml"],
  ])("in NOVACULA_CONFIG=%s is read without the quotes of an env file", (NOVACULA_CONFIG, path) => {
    expect(configPath(undefined, { NOVACULA_CONFIG })).toBe(path);
  });

  it("is that of the flag, if there is one", () => {
    expect(configPath("/own.toml", { NOVACULA_CONFIG: '"/srv/agent.toml"' })).toBe("/own.toml");
  });
});

it.each(["/nowhere/agent.toml # ours", "/nowhere/agent.toml# ours"])(
  "%s is not there, and the reason is the comment behind NOVACULA_CONFIG",
  async (path) => {
    const loaded = await loadConfig(path, {});
    expect(loaded).toMatchObject({
      verdict: "invalid",
      issues: [
        { code: "not-found", remedy: expect.stringMatching(/^Put the comment behind NOVACULA_CONFIG on/u) },
      ],
    });
  },
);
