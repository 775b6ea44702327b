import { describe, expect, it } from "vitest";
import { type ConfigIssue, formatIssues } from "../../../../src/agent/config/issue/config-issue.ts";

const FILE = "/etc/novacula/agent.toml";
const issue = (more: Partial<ConfigIssue>): ConfigIssue => {
  return { code: "wrong-value", file: FILE, problem: "is odd", remedy: "Fix it.", ...more };
};

describe("issues in one line", () => {
  it("name their file once", () => {
    const issues = [
      issue({ line: 7, column: 3, key: "agent.nmae" }),
      issue({ line: 9, column: 2 }),
      issue({ key: "agent.name" }),
      issue({}),
    ];
    expect(formatIssues(issues)).toBe(
      `${FILE}:7:3: agent.nmae: is odd. Fix it. | line 9, column 2: is odd. Fix it. | agent.name: is odd. Fix it. | is odd. Fix it.`,
    );
  });

  it("name every file that they are in", () => {
    expect(formatIssues([issue({ line: 7 }), issue({ file: "/ca.pem" })])).toBe(
      `${FILE}:7: is odd. Fix it. | /ca.pem: is odd. Fix it.`,
    );
  });
});
