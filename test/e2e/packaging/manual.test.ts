import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readPrograms } from "../../../packaging/command-table.ts";
import { DEBIAN_PACKAGES } from "../../../packaging/debian-packages.ts";
import { renderManual } from "../../../packaging/manual.ts";
import type { CommandEntry } from "../../../src/lib/command-line/command-table.ts";
import { lacks } from "../../support/requires.ts";

const programs = readPrograms();
const hasMan = spawnSync("man", ["--version"]).status === 0;

describe.each(DEBIAN_PACKAGES)("the manual page of $name", ({ name, manual, program: which }) => {
  const program = programs[which];
  const page = renderManual({ ...manual, program, name, version: "1.2.3", date: "2026-01-02" });
  const text = page.replaceAll("\\-", "-");

  it("has every command and every option", () => {
    for (const command of leaves(program)) {
      expect(text).toContain(`.SS ${[name, ...command.path].join(" ")}`);
      for (const { flags } of command.options) {
        expect(text).toContain(`.B ${flags}`);
      }
    }
  });

  it("names the path and the header that a proxy must leave alone", () => {
    const proxies = text.slice(text.indexOf(".SH PROXIES"), text.indexOf(".SH EXAMPLES"));
    expect(proxies).toContain("to the path /graphql unchanged, with the header Authorization");
  });

  it("says what to do without a program that starts", () => {
    const start = text.indexOf(".SH IF THE PROGRAM ITSELF DOES NOT START");
    const damaged = text.slice(start, text.indexOf(".SH EXAMPLES"));
    for (const words of [
      "203/EXEC",
      "Exec format error",
      "status=127",
      `dpkg --verify ${name}\n`,
      "needs to be reinstalled, but I can't find an archive for it",
      `sudo dpkg -i /var/cache/apt/archives/${name}_*.deb\n`,
      "Nothing is lost by that: ",
    ]) {
      expect(damaged).toContain(words);
    }
  });

  it("has no line that man would take for a request, and no letter that it would make something else of", () => {
    const requests = page.split("\n").filter((line) => /^[.']/u.test(line));
    expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|B|I|BR|PP|nf|fi)( |$)/u.test(line))).toEqual([]);
    expect(page).not.toMatch(/[^\p{ASCII}]/u);
  });

  it.skipIf(lacks("man (Debian package man-db)", hasMan))("is formatted without a warning", () => {
    const { stderr, stdout } = spawnSync("man", ["--warnings", "-E", "UTF-8", "-l", "-"], {
      input: page,
      env: { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "100" },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toContain(program.commands[0]?.summary === undefined ? "" : "COMMANDS");
  });
});

function leaves(command: CommandEntry): readonly CommandEntry[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
