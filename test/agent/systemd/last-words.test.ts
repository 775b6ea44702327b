import { describe, expect, it } from "vitest";
import { checkUnit } from "../../../src/agent/doctor/check-unit.ts";
import { lastWordsIn } from "../../../src/agent/systemd/last-words.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { serviceFacts } from "../../support/agent/service-facts.ts";

const FULL = `agent.not-started: Not started. An older reason. Fix: nothing
systemd-line
agent.not-started: Not started. Cannot open /run/novacula/agent.sock.lock: no room for another file. Fix: delete files on it. To see most of them, run:
  sudo du --inodes -xS /run | sort -n | tail -5
`;

function remedyOf(text: string): string | undefined {
  const remedy = lastWordsIn(text)?.remedy;
  return remedy && remedyText(remedy);
}

describe("what the agent said when it did not start", () => {
  it("is the last reason, with its command", () => {
    expect(lastWordsIn(FULL)?.why).toBe(
      "Cannot open /run/novacula/agent.sock.lock: no room for another file",
    );
    expect(remedyOf(FULL)).toBe(
      "Delete files on it. To see most of them, run: sudo du --inodes -xS /run | sort -n | tail -5",
    );
  });

  it.each([
    ["agent.not-started: Not started. It is so.", "It is so", undefined],
    ["agent.not-started: Not started. It is so. Fix: do that.\nnext", "It is so", "Do that."],
    ["agent.not-started: Not started. It is so, run:\n  a -b\n  c", "It is so, run:", "Run: a -b && c"],
  ])("%j", (text, why, remedy) => {
    expect(lastWordsIn(text)?.why).toBe(why);
    expect(remedyOf(text)).toBe(remedy);
  });

  it("needs no second start if its own command has one", () => {
    const command = "systemctl stop x.service && systemctl reset-failed a && systemctl start novacula-agent";
    const lastWords = lastWordsIn(`agent.not-started: Not started. It is so. Fix: stop it:\n  ${command}`);
    const facts = serviceFacts("ActiveState=failed\nResult=exit-code\nExecMainStatus=1");
    const [found] = checkUnit(facts, [], { isRepaired: false, lastWords });
    expect(found?.remedy).toEqual([{ say: "Stop it:", run: command }]);
  });

  it("is nothing if it said nothing", () => {
    expect(lastWordsIn("key.refused: The key was refused.")).toBeUndefined();
    expect(lastWordsIn("")).toBeUndefined();
  });

  it("is the cause that doctor names, and its fix comes before the start", () => {
    const facts = serviceFacts("ActiveState=failed\nResult=exit-code\nExecMainStatus=1");
    const [found] = checkUnit(facts, [], { isRepaired: false, lastWords: lastWordsIn(FULL) });
    expect(found?.detail).toContain(
      "the agent ended with status 1: Cannot open /run/novacula/agent.sock.lock: ",
    );
    expect(remedyText(found?.remedy ?? [])).toMatch(
      /^Delete files on it\. To see most of them, run: (?:sudo )?du --inodes -xS \/run \| sort -n \| tail -5\. Then run: .*start novacula-agent$/u,
    );
  });
});
