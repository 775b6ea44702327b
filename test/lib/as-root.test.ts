import { afterEach, expect, it } from "vitest";
import { adviseFor, asOwner, asRoot, withSudo } from "../../src/lib/shell-word.ts";
import { sourceFiles } from "../support/source-files.ts";

const isRoot = process.geteuid?.() === 0;
afterEach(() => adviseFor({}));

it("root in a shell of its own gets commands without sudo, which its host may not have", () => {
  adviseFor({});
  expect(asRoot("x")).toBe(isRoot ? "x" : "sudo x");
});

it.each([
  ["after sudo", { SUDO_UID: "1000" }],
  ["in a journal", { INVOCATION_ID: "0123" }],
])("%s, commands have sudo, although the program is root", (_where, environment) => {
  adviseFor(environment);
  expect([asRoot("x"), withSudo("x"), asOwner(0, "x")]).toEqual(["sudo x", "sudo x", "sudo x"]);
});

it("the owner of a file needs no sudo for it, and others do", () => {
  adviseFor({ SUDO_UID: "1000" });
  const own = process.geteuid?.() ?? 0;
  expect(asOwner(own + 1, "x")).toBe("sudo x");
  expect(asOwner(own, "x")).toBe(isRoot ? "sudo x" : "x");
});

/** Commands that only root may run, or the owner of what they change. */
const ROOTS = [
  "chmod",
  "chown",
  "chgrp",
  "chattr",
  "setfacl",
  "systemctl (?!status|cat|show)",
  "install -",
  "kill",
  "timedatectl set",
  "novacula-agent (?:set-key|install|uninstall|start|stop|restart|reload|retry|doctor)",
];
const AFTER = "(?:Run|run|Fix|fix|first|start it|with): ?(?:\\\\n)?|&& |`, ";

it("no message has such a command without one of these functions", () => {
  const bare = new RegExp(`["\`].*(?:${AFTER})(?:${ROOTS.join("|")})`, "u");
  const found = sourceFiles()
    .filter(({ program }) => program !== "page")
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) => (bare.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});
