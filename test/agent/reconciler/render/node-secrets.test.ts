import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeSecrets } from "../../../../src/agent/reconciler/render/node-secrets.ts";
import { tempDir } from "../../../support/temp-dir.ts";

describe("the secrets of a node", () => {
  it("are generated once, for the agent alone", async () => {
    const dir = tempDir();
    const first = await nodeSecrets(dir, "litecoin");
    expect(first.rpcPassword).toMatch(/^[0-9a-f]{64}$/u);
    expect(first.jwt).toBeUndefined();
    expect(readdirSync(dir)).toEqual(["secrets.json"]);
    expect(statSync(join(dir, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(await nodeSecrets(dir, "litecoin")).toEqual(first);
    expect((await nodeSecrets(tempDir(), "litecoin")).rpcPassword).not.toBe(first.rpcPassword);
  });

  it("are those that the chain needs", async () => {
    expect(Object.keys(await nodeSecrets(tempDir(), "ethereum"))).toEqual(["jwt"]);
    const dir = tempDir();
    expect(await nodeSecrets(dir, "dev-ethereum")).toEqual({});
    expect(readdirSync(dir)).toEqual([]);
  });

  it.each(["", "{", "[]", '{"rpcPassword":"short"}', `{"rpcPassword":"${"0".repeat(63)}\\n"}`, '{"x":1}'])(
    "are generated anew if the file is damaged: %j",
    async (text) => {
      const dir = tempDir();
      writeFileSync(join(dir, "secrets.json"), text);
      const { rpcPassword } = await nodeSecrets(dir, "monero");
      expect(rpcPassword).toMatch(/^[0-9a-f]{64}$/u);
      expect(JSON.parse(readFileSync(join(dir, "secrets.json"), "utf8"))).toEqual({ rpcPassword });
    },
  );

  it("are not replaced if the file cannot be read", async () => {
    const dir = tempDir();
    await expect(nodeSecrets(join(dir, "no-such-folder"), "litecoin")).rejects.toThrow(/ENOENT/u);
    writeFileSync(join(dir, "file"), "");
    await expect(nodeSecrets(join(dir, "file"), "litecoin")).rejects.toThrow(/ENOTDIR/u);
  });
});
