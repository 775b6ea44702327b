import { join } from "node:path";
import { expect, it } from "vitest";
import { executorChecks } from "../../../../src/agent/cli/doctor/executor-checks.ts";
import { lockedFile } from "../../../support/agent/loaded.ts";
import { tempDir } from "../../../support/temp-dir.ts";

it.each([
  [true, "unknown", /^It is unknown whether an agent runs here: \/a\.toml cannot be read$/u],
  [false, "bad", /^No agent runs here: there is no \S+\/agent\.sock$/u],
])("an agent whose agent.toml names its socket (denied: %s) is %s", async (isDenied, status, detail) => {
  const runtimeDir = join(tempDir(), "none");
  const folders = {
    path: "/a.toml",
    isUsual: false,
    unitSource: undefined,
    runtimeDir,
    dataDir: runtimeDir,
    obstacle: "cannot be read",
    isDenied,
    credential: undefined,
  };
  const subject = {
    path: "/a.toml",
    isUsual: false,
    pathSource: "--config",
    environment: {},
    sourceOf: () => "",
    service: undefined,
    facts: undefined,
  };
  const judged = { subject, loaded: lockedFile(), folders, isDenied };
  const checks = await executorChecks(
    { ...judged, isAccepted: false, isCandidate: false, isUnitChanged: false },
    new AbortController().signal,
  );
  expect(checks.at(-1)).toMatchObject({ stage: "executor", status, detail: expect.stringMatching(detail) });
});
