import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord } from "../../src/lib/shell-word.ts";

describe("a word for a shell", () => {
  it.each([
    "/etc/novacula/agent.toml",
    "/a b/it's",
    "$(reboot)",
    "`x`",
    "a;b&c|d",
    "*",
    "-n",
    "\\",
    '"',
    "ä",
    "",
  ])("is that word again: %j", (text) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" })).toBe(text);
  });

  it("is left alone where nothing has to be kept from the shell", () => {
    expect(shellWord("/etc/novacula/agent.toml")).toBe("/etc/novacula/agent.toml");
  });
});
