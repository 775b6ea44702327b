import { expect, it, onTestFinished } from "vitest";
import { startObstacle, unansweredError } from "../../../../src/agent/cli/status/unanswered.ts";
import { adviseForAgent } from "../../../../src/lib/shell-word.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

const SILENT = { kind: "not-running", why: "No agent runs here." } as const;
const PLACE = {
  path: "/srv/my agent.toml",
  isUsual: false,
  unitSource: undefined,
  runtimeDir: "/srv/run",
  dataDir: "/srv/data",
  obstacle: undefined,
  isDenied: false,
  credential: undefined,
};

it.each([
  [true, /^(?:sudo )?systemctl start novacula-agent$/u],
  [false, /^novacula-agent run -c '\/srv\/my agent\.toml'$/u],
])("the start that is advised is of the same file (usual: %s)", async (isUsual, fix) => {
  adviseForAgent(isUsual ? undefined : PLACE.path, false);
  onTestFinished(() => adviseForAgent(undefined, false));
  expect((await unansweredError(SILENT, { ...PLACE, isUsual }, "status")).fix).toMatch(fix);
});

it.each([
  ["LoadState=masked\nActiveState=inactive", "systemd cannot start its service (masked)."],
  ["LoadState=bad-setting\nActiveState=inactive", "systemd cannot start its service (bad-setting)."],
  [
    "ActiveState=activating\nSubState=auto-restart\nResult=exit-code\nExecMainStatus=243",
    "Its service fails, and systemd starts it again and again (exit-code 243).",
  ],
  ["ActiveState=failed\nResult=start-limit-hit", "Its service has failed (start-limit-hit)."],
  ["ActiveState=failed\nResult=exit-code\nExecMainStatus=226", "Its service has failed (exit-code 226)."],
  ["ActiveState=activating\nSubState=start", "Its service is starting."],
  ["ActiveState=inactive\nRefuseManualStart=yes", "systemd refuses to start its service by hand."],
  ["ActiveState=inactive", undefined],
])("a start is not advised where it does not help: %j", (shown, expected) => {
  expect(startObstacle(serviceFacts(shown))).toBe(expected);
});
