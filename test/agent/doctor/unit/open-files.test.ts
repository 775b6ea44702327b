import { expect, it } from "vitest";
import { checkUnit } from "../../../../src/agent/doctor/check-unit.ts";
import { lastWordsIn } from "../../../../src/agent/systemd/last-words.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { asRoot } from "../../../../src/lib/shell-word.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

const WORDS =
  "agent.not-started: Not started. Cannot open /x: this process may open only 20 files at once (EMFILE): LimitNOFILE= of its unit, or ulimit -n. Fix: raise it:\n  a -b";
const MANAGER = "/etc/systemd/system.conf.d/50-limits.conf";
const SITE = "/etc/systemd/system/novacula-agent.service.d/site.conf";
const [ofManager] = assignmentsOf("# baseline\n[Manager]\nDefaultLimitNOFILE=20\n", MANAGER);

function found(words: string, openFiles = ofManager, unit = "") {
  const facts = serviceFacts("ActiveState=failed\nResult=exit-code\nExecMainStatus=1");
  const now = { isRepaired: false, lastWords: lastWordsIn(words), openFiles };
  const [check] = checkUnit(facts, assignmentsOf(unit, SITE), now);
  return { detail: check?.detail ?? "", remedy: remedyText(check?.remedy ?? []) };
}

it("a limit of open files that systemd has for all services is named, and taken out", () => {
  const { detail, remedy } = found(WORDS);
  expect(detail).toContain(`That is DefaultLimitNOFILE=20 of systemd (${MANAGER} line 3)`);
  const commands = [
    `sed -i --follow-symlinks '3s/^/# /' ${MANAGER}`,
    "systemctl daemon-reexec",
    "systemctl reset-failed novacula-agent",
    "systemctl start novacula-agent",
  ];
  expect(remedy.endsWith(`: ${commands.map(asRoot).join(" && ")}`), remedy).toBe(true);
});

it("the unit's own limit comes before it", () => {
  const { detail, remedy } = found(WORDS, ofManager, "[Service]\nLimitNOFILE=20\n");
  expect(detail).toContain(`LimitNOFILE=20 (${SITE} line 2)`);
  expect(detail).not.toContain(MANAGER);
  expect(remedy).toContain("Take out what was changed");
});

it("it is not at fault for another failure, and without it the agent's own words stay", () => {
  expect(found(WORDS.replace("(EMFILE)", "(ENFILE)")).detail).not.toContain(MANAGER);
  expect(found(WORDS.replace("EMFILE", "EIO")).remedy).toContain("a -b");
});

it.each([
  ["20", true],
  ["20:40", true],
  ["20:524288", false],
  ["infinity", false],
])("a crash under DefaultLimitNOFILE=%s is explained by it: %s", (value, isExplained) => {
  const [limit] = assignmentsOf(`[Manager]\nDefaultLimitNOFILE=${value}\n`, MANAGER);
  const facts = serviceFacts("ActiveState=failed\nResult=core-dump\nExecMainStatus=11");
  const [check] = checkUnit(facts, [], { isRepaired: false, openFiles: limit });
  expect(
    check?.detail.includes(`its limit is DefaultLimitNOFILE=${value} of systemd (${MANAGER} line 2)`),
  ).toBe(isExplained);
  expect(remedyText(check?.remedy ?? []).includes("systemctl daemon-reexec")).toBe(isExplained);
});
