import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { lacks } from "../../support/requires.ts";
import { haveMachines, suiteRoots } from "./support/hosts.ts";

const hasLintian = spawnSync("lintian", ["--version"]).status === 0;

it.skipIf(!haveMachines || lacks("lintian", hasLintian))(
  "lintian has no error and no warning for the packages",
  () => {
    const { agent, controlPlane } = suiteRoots().archives;
    // The suite's own packages are packed with zstd, for speed; what is released is packed with xz.
    const args = ["--suppress-tags=malformed-deb-archive", "--fail-on=error,warning", "--allow-root"];
    const { status, stdout } = spawnSync("lintian", [...args, agent, controlPlane], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  },
  120_000,
);
