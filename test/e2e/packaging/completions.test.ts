import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPrograms } from "../../../packaging/command-table.ts";
import {
  bashCompletion,
  fishCompletion,
  zshCompletion,
} from "../../../src/lib/command-line/completion/completions.ts";
import { lacks } from "../../support/requires.ts";
import { tempDir } from "../../support/temp-dir.ts";

const { agent, controlPlane } = readPrograms();

function has(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

/** What bash offers for the words, of which the last is still being typed. */
function bash(script: string, words: readonly string[]): readonly string[] {
  const ask = `${script}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
    $(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", ask, "bash", ...words], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe("bash", () => {
  const script = bashCompletion("novacula-agent", agent);

  it("offers the commands, and the options of the command that stands there", () => {
    expect(bash(script, ["novacula-agent", "s"])).toEqual(["status", "set-key", "start", "stop"]);
    expect(bash(script, ["novacula-agent", "status", "--w"])).toEqual(["--watch", "--wait-for"]);
    expect(bash(script, ["novacula-agent", "status", "-c", "/dev/nul"])).toEqual(["/dev/null"]);
    expect(bash(script, ["novacula-agent", "status", "--timeout", ""])).toEqual([]);
  });

  it("knows commands below commands", () => {
    const nested = bashCompletion("novacula-control-plane", controlPlane);
    expect(bash(nested, ["novacula-control-plane", "keys", "r"])).toEqual(["rotate", "revoke"]);
    expect(bash(nested, ["novacula-control-plane", "keys", "create", "--na"])).toEqual(["--name"]);
    expect(bash(nested, ["novacula-control-plane", "people", "add", "--role", ""])).toEqual([
      "owner",
      "admin",
      "member",
    ]);
    expect(bash(nested, ["novacula-control-plane", "completion", ""]).slice(0, 3)).toEqual([
      "bash",
      "zsh",
      "fish",
    ]);
    expect(bash(nested, ["novacula-control-plane", "backup", "/dev/nul"])).toEqual(["/dev/null"]);
  });

  it("asks the program for keys, and expands nothing of what it prints", () => {
    const marker = join(tempDir(), "made");
    const answers = `novacula-control-plane() { [[ $* == "__complete keys" ]] && printf '%s\\n' prod 'pro$(touch ${marker})' other; }
    ${bashCompletion("novacula-control-plane", controlPlane)}`;
    expect(bash(answers, ["novacula-control-plane", "keys", "revoke", "pr"])).toEqual([
      "prod",
      `pro$(touch ${marker})`,
    ]);
    expect(bash(answers, ["novacula-control-plane", "keys", "revoke", "--y"])).toEqual(["--yes"]);
    expect(existsSync(marker)).toBe(false);
  });

  it("asks the control plane whose socket is typed, and expands nothing of it", () => {
    const marker = join(tempDir(), "made");
    const answers = `novacula-control-plane() { printf '%s\\n' "$*"; }
    ${bashCompletion("novacula-control-plane", controlPlane)}`;
    const path = `/a$(touch ${marker})`;
    const asked = [`__complete keys --socket ${path}`];
    const words = (...typed: string[]) => bash(answers, ["novacula-control-plane", ...typed, ""]);
    expect(words("keys", "revoke", "--socket", path)).toEqual(asked);
    expect(words("--socket", path, "keys", "revoke")).toEqual(asked);
    // As bash cuts it.
    expect(words("--socket", "=", path, "keys", "revoke")).toEqual(asked);
    expect(words("keys", "revoke")).toEqual(["__complete keys"]);
    expect(existsSync(marker)).toBe(false);
  });
});

describe("zsh", () => {
  it.skipIf(lacks("zsh", has("zsh")))("takes the scripts, and defines the function of every command", () => {
    const script = zshCompletion("novacula-agent", agent);
    const defines = `compdef() { :; }; _arguments() { :; }; ${script}
      print -l \${(k)functions}`;
    const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", defines], { encoding: "utf8" });
    expect(stderr).toBe("");
    const functions = new Set(stdout.split("\n"));
    for (const { path } of agent.commands) {
      expect(functions).toContain(`_novacula_agent_${path.join("_").replaceAll("-", "_")}`);
    }
  });
});

describe("zsh", () => {
  it.skipIf(lacks("zsh", has("zsh")))("asks the control plane whose socket is typed", () => {
    const script = `compdef() { :; }; compadd() { print -l $found; }
      novacula-control-plane() { print -r -- $*; }
      ${zshCompletion("novacula-control-plane", controlPlane)}`;
    const ask = (words: string) => {
      const typed = `${script}\nwords=(revoke ${words} ''); _novacula_control_plane_asked keys`;
      const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", typed], { encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.trim();
    };
    expect(ask("--socket /a")).toBe("__complete keys --socket /a");
    expect(ask("--socket=/a")).toBe("__complete keys --socket /a");
    expect(ask("--yes")).toBe("__complete keys");
  });
});

describe("fish", () => {
  it.skipIf(lacks("fish", has("fish")))("offers commands, options and files", () => {
    const file = join(tempDir(), "novacula-agent.fish");
    writeFileSync(file, fishCompletion("novacula-agent", agent));
    const ask = (line: string) => {
      const { stdout, stderr } = spawnSync(
        "fish",
        ["--no-config", "-c", `source ${file}; complete -C "${line}"`],
        {
          encoding: "utf8",
          cwd: "/etc",
        },
      );
      expect(stderr).toBe("");
      return stdout.split("\n").map((each) => each.split("\t")[0]);
    };
    expect(ask("novacula-agent st")).toEqual(expect.arrayContaining(["status", "start", "stop"]));
    expect(ask("novacula-agent status --wait")).toContain("--wait-for");
    expect(ask("novacula-agent status --config pass")).toContain("passwd");
  });

  it.skipIf(lacks("fish", has("fish")))("asks the control plane whose socket is typed", () => {
    const file = join(tempDir(), "novacula-control-plane.fish");
    const program = "function novacula-control-plane; echo $argv; end";
    writeFileSync(file, `${program}\n${fishCompletion("novacula-control-plane", controlPlane)}`);
    const ask = (line: string) => {
      const script = `source ${file}; complete -C "${line}"`;
      return spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
    };
    for (const typed of ["--socket /a", "--socket=/a"]) {
      const { stdout, stderr } = ask(`novacula-control-plane keys revoke ${typed} `);
      expect(stderr).toBe("");
      expect(stdout).toContain("__complete keys --socket /a");
    }
    expect(ask("novacula-control-plane keys revoke ").stdout).toContain("__complete keys");
  });
});
