import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { haveMachines, suiteRoots } from "./support/hosts.ts";

const CHILD = fileURLToPath(new URL("support/boot-and-wait.ts", import.meta.url));

describe.skipIf(!haveMachines)("a killed test runner", () => {
  it("leaves no container, mount, process or control group behind", async () => {
    const layers = [suiteRoots().bare[DEBIAN_RELEASES[0].codename] ?? ""];
    const runner = spawn(process.execPath, [CHILD, JSON.stringify(layers)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: runner.stdout }), "line");
    const folder = String(line);
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    expect(traces(name)).not.toEqual([]);
    runner.kill("SIGKILL");
    await eventually(() => traces(name).length === 0 || undefined, {
      timeoutMs: 15_000,
      describe: () => `nothing is left of ${name}: ${traces(name).join(", ")}`,
    });
    expect(existsSync(folder)).toBe(false);
  });
});

/** Processes, control groups and mounts that carry the machine's name. */
function traces(name: string): readonly string[] {
  const processes = readdirSync("/proc")
    .filter((entry) => /^\d+$/u.test(entry))
    .filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(name));
  const groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"]
    .map((hierarchy) => `${hierarchy}/${name}`)
    .filter((path) => existsSync(path));
  const mounts = textOf("/proc/mounts")
    .split("\n")
    .filter((line) => line.includes(name));
  return [...processes, ...groups, ...mounts];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A process that has ended in between.
    return "";
  }
}
