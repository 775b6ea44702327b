import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../../src/agent/config/load-config.ts";
import { remedyText, stepsOf } from "../../../src/lib/text/remedy.ts";
import { makeKey } from "../../support/keys.ts";
import { tempDir } from "../../support/temp-dir.ts";

const VALID = `[control_plane]\nurl = "http://127.0.0.1:3000"\naccess_token = "${makeKey()}"\n`;

/** The only issue of the agent.toml in `folder`. */
async function issueIn(folder: string) {
  const loaded = await loadConfig(join(folder, "agent.toml"), {});
  const [issue] = loaded.verdict === "invalid" ? loaded.issues : [];
  return {
    problem: issue?.problem ?? "",
    remedy: remedyText(issue?.remedy ?? "").replaceAll(folder, "/f"),
    commands: stepsOf(issue?.remedy ?? "").flatMap(({ run = [] }) => run),
  };
}

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = tempDir();
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o640 });
  }
  return folder;
}

function run(commands: readonly string[]): void {
  execFileSync("sh", ["-c", commands.join("\n").replaceAll(/(^|&& )sudo /gmu, "$1")]);
}

it.each([
  [
    "of check",
    "bad     /etc/novacula/agent.toml: is empty. Restore it from a backup.\n",
    /command of novacula-agent/u,
  ],
  [
    "of check of a valid file",
    "ok      /etc/novacula/agent.toml is valid: executor a for b.\n",
    /novacula-agent/u,
  ],
  ["of doctor", "ok      file           /etc/novacula/agent.toml exists\n", /command of novacula-agent/u],
  ["of status", "Online with key 90d6838d (a, b) at 127.0.0.1:3000 since x.\n", /command of novacula-agent/u],
  ["of an error", "novacula-agent check: no such file\n", /command of novacula-agent/u],
  ["of a shell", "bash: novacula-agent: command not found\n", /a shell/u],
  ["of a server", "<!doctype html><p>404</p>\n", /HTML/u],
  ["of jq", '{"data":{}}\n', /JSON/u],
  ["that is empty", "", /is empty/u],
])("a file with the output %s has its valid copy beside it put back", async (_what, text, problem) => {
  const folder = folderWith({
    "agent.toml": text,
    "agent.toml.bak": VALID,
    "agent.toml~": VALID,
    "agent.toml.orig": "[control_plane",
    ".agent.toml.swp": VALID,
    "agent.toml.dpkg-dist": VALID,
  });
  utimesSync(join(folder, "agent.toml.bak"), 1_700_000_000, 1_700_000_000);
  utimesSync(join(folder, "agent.toml~"), 1_750_000_000, 1_750_000_000);
  const issue = await issueIn(folder);
  expect(issue.problem).toMatch(problem);
  expect(issue.remedy).toMatch(
    /^\/f\/agent\.toml~, beside it, is a valid file, last written at 2025-06-15 15:06:40 UTC\. To put its content back, run: (?:sudo )?cp '?\/f\/agent\.toml~'? \/f\/agent\.toml$/u,
  );
  run(issue.commands);
  expect(readFileSync(join(folder, "agent.toml"), "utf8")).toBe(VALID);
});

it("without a valid copy has the usual advice, and so has one mistake in it", async () => {
  const folder = folderWith({ "agent.toml": "", "agent.toml~": "x = 1\n", "other.toml": VALID });
  expect((await issueIn(folder)).remedy).toMatch(/^Restore it from a backup/u);
  writeFileSync(join(folder, "agent.toml"), VALID.replace('"\n', "\n"));
  writeFileSync(join(folder, "agent.toml~"), VALID);
  expect((await issueIn(folder)).remedy).not.toContain("agent.toml~");
});

it("a file that a restore put one folder too deep is moved up with its neighbours", async () => {
  const folder = folderWith({ "ca.pem": "here" });
  mkdirSync(join(folder, "novacula"));
  for (const name of ["agent.toml", "ca.pem", "key"]) {
    writeFileSync(join(folder, "novacula", name), name === "agent.toml" ? VALID : "below");
  }
  chmodSync(join(folder, "novacula", "agent.toml"), 0o600);
  const { remedy, commands } = await issueIn(folder);
  expect(remedy).toMatch(
    /^\/f\/novacula has that file: .* run: (?:sudo )?mv -n \/f\/novacula\/agent\.toml \/f\/novacula\/key \/f\/$/u,
  );
  run(commands);
  expect(statSync(join(folder, "key")).isFile()).toBe(true);
  expect(readFileSync(join(folder, "ca.pem"), "utf8")).toBe("here");
  expect((await loadConfig(join(folder, "agent.toml"), {})).verdict).toBe("usable");
});

it("a copy whose name cannot be shown as it is written is not named", async () => {
  const { remedy } = await issueIn(folderWith({ "agent.toml": "", "agent.toml.\u202e\n;id": VALID }));
  expect(remedy).not.toContain(" cp ");
  expect(remedy).not.toContain(";id");
});
