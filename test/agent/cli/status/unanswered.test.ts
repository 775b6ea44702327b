import { expect, it, onTestFinished } from "vitest";
import { unansweredError } from "../../../../src/agent/cli/status/unanswered.ts";
import { adviseForAgent } from "../../../../src/lib/shell-word.ts";

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
