import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { GroupWatch } from "../../../../src/agent/reconciler/host/group-watch.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacks } from "../../../support/requires.ts";

/** Where this machine has control groups of version 2 that this user may make. */
const ROOT = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((folder) => {
  try {
    accessSync(join(folder, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
});

/** A control group with one process, as a unit of systemd has one. */
function groupWithProcess(name: string) {
  const folder = join(ROOT ?? "", `novacula-test-${process.pid}-${name}`);
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  mkdirSync(folder);
  writeFileSync(join(folder, "cgroup.procs"), String(child.pid));
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
  onTestFinished(async () => {
    await end();
    const remove = () => {
      rmdirSync(folder);
      return true;
    };
    await eventually(remove, { describe: "the control group is gone" });
  });
  return { folder, end };
}

it.skipIf(lacks("a control group of version 2 for tests", ROOT !== undefined))(
  "tells that the last process of a group has ended, and nothing of groups that it no longer watches",
  async () => {
    let ends = 0;
    const watch = new GroupWatch(() => {
      ends += 1;
    });
    onTestFinished(() => watch.keep(new Set()));
    const [first, second, third] = ["first", "second", "third"].map(groupWithProcess);
    const folders = [first, second, third].map((group) => group?.folder ?? "");
    // A folder without the file is like version 1.
    watch.keep(new Set([...folders, "/nonexistent"]));
    await first?.end();
    await eventually(() => ends > 0, { describe: "the first end is told" });
    watch.keep(new Set(folders.slice(2)));
    const before = ends;
    await second?.end();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(ends).toBe(before);
    await third?.end();
    await eventually(() => ends > before, { describe: "the third end is told" });
  },
);
