import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/agent/config/parse-config.ts";
import { KEYS_BY_TABLE } from "../../../src/agent/config/schema/config-schema.ts";

const EXAMPLE = readFileSync(new URL("../../../agent.example.toml", import.meta.url), "utf8");

async function configOf(text: string) {
  const parsed = await parseConfig(text, "agent.example.toml");
  if (parsed.kind === "invalid") {
    throw new Error(JSON.stringify(parsed.issues));
  }
  return parsed;
}

/** Every `# key = value` made a `key = value`. */
function uncommented(text: string, except: readonly string[]): string {
  return text.replace(/^# (\w+) = /gmu, (line, key: string) => (except.includes(key) ? line : `${key} = `));
}

describe("agent.example.toml", () => {
  it("is the defaults", async () => {
    const [example, defaults] = [
      await configOf(EXAMPLE),
      await configOf('[control_plane]\nurl = "https://cp.example.com"'),
    ];
    expect(example.config).toEqual(defaults.config);
    expect(example.accessToken).toBeUndefined();
  });

  it("is valid with every commented key", async () => {
    const withKey = await configOf(uncommented(EXAMPLE, ["access_token_file"]));
    expect(withKey.accessToken?.text).toBe("exc_...");
    expect(withKey.config).toMatchObject({ agent: { name: "agent-1", publicHost: "agent-1.example.com" } });
    const withKeyFile = await configOf(uncommented(EXAMPLE, ["access_token"]));
    expect(withKeyFile.config).toMatchObject({ controlPlane: { accessTokenFile: "/etc/novacula/key" } });
  });

  it("has every key in its table, with a comment above it, in the order of the schema", () => {
    const rows = EXAMPLE.split("\n");
    const keys = new Map<string, string[]>();
    let table = "";
    for (const [index, row] of rows.entries()) {
      table = row.match(/^\[(\w+)\]$/u)?.[1] ?? table;
      const key = row.match(/^(?:# )?(\w+) = /u)?.[1];
      if (key === undefined) {
        continue;
      }
      keys.set(table, [...(keys.get(table) ?? []), key]);
      expect(rows[index - 1], key).toMatch(/^# .*[.:]$/u);
    }
    expect(keys).toEqual(KEYS_BY_TABLE);
  });
});
