import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createNotifier } from "../../../src/lib/systemd/notifier.ts";
import { passedDescriptors } from "../../../src/lib/systemd/passed-descriptors.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("the descriptors that systemd passed", () => {
  const environment = (pid: number) => ({
    LISTEN_PID: String(pid),
    LISTEN_FDS: "3",
    LISTEN_FDNAMES: "http:notify:http",
  });

  it("are those of this name, from 3 on", () => {
    expect(passedDescriptors(environment(process.pid), "notify")).toEqual([4]);
    expect(passedDescriptors(environment(process.pid), "http")).toEqual([3, 5]);
    expect(passedDescriptors(environment(process.pid), "other")).toEqual([]);
  });

  it("are none if they were passed to another process, which has files of its own there", () => {
    expect(passedDescriptors(environment(1), "notify")).toEqual([]);
    expect(passedDescriptors({ LISTEN_FDNAMES: "notify" }, "notify")).toEqual([]);
    expect(passedDescriptors({ LISTEN_PID: String(process.pid) }, "notify")).toEqual([]);
  });
});

/** A systemd-notify that waits until it may go on, and writes down what it was told. */
function slowNotify() {
  const folder = tempDir();
  const at = (name: string) => join(folder, name);
  execFileSync("mkfifo", [at("gate")]);
  writeFileSync(
    at("systemd-notify"),
    `#!/bin/sh\n: > ${at("begun")}\nread _ < ${at("gate")}\necho "$@" >> ${at("told")}\n`,
  );
  chmodSync(at("systemd-notify"), 0o755);
  const path = process.env["PATH"];
  process.env["PATH"] = `${folder}:${path}`;
  onTestFinished(() => {
    process.env["PATH"] = path;
  });
  return {
    hasBegun: () => existsSync(at("begun")),
    told: () => (existsSync(at("told")) ? readFileSync(at("told"), "utf8") : ""),
    // Opened for reading too, so that this never waits.
    goOn: () => execFileSync("sh", ["-c", `echo 1<>${at("gate")} > ${at("gate")}`]),
  };
}

describe("the last notification", () => {
  it("is handed over before a stop ends, however long that takes within half a second", async () => {
    const systemd = slowNotify();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const notifier = createNotifier({ NOTIFY_SOCKET: "/run/nobody" }, (failure) =>
      expect(failure).toBeUndefined(),
    );
    notifier.stopping("Stopped.");
    let isFlushed = false;
    const flushed = notifier.flushed().then(() => {
      isFlushed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFlushed).toBe(false);
    systemd.goOn();
    await flushed;
    expect(systemd.told()).toContain("STOPPING=1 STATUS=Stopped.");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("delays a stop by half a second at most", async () => {
    const systemd = slowNotify();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const notifier = createNotifier({ NOTIFY_SOCKET: "/run/nobody" }, () => {});
    notifier.stopping("Stopped.");
    let isFlushed = false;
    const flushed = notifier.flushed().then(() => {
      isFlushed = true;
    });
    await vi.advanceTimersByTimeAsync(499);
    expect(isFlushed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await flushed;
    expect(systemd.told()).toBe("");
    vi.useRealTimers();
    await eventually(() => systemd.hasBegun(), { describe: "it has begun" });
    systemd.goOn();
    await eventually(() => systemd.told() !== "", { describe: "it has ended" });
  });
});
