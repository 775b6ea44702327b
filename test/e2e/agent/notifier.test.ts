import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createNotifier } from "../../../src/lib/systemd/notifier.ts";
import { setOnlineScene } from "../../support/agent/agent-scene.ts";
import { failure, HOSTILE_TEXT, json } from "../../support/agent/behaviours.ts";
import { type NotifyMode, notifications, notifyWrapper } from "../../support/agent/notify-receiver.ts";
import { eventually } from "../../support/eventually.ts";
import { lacks } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

function has(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const MODES: readonly NotifyMode[] = ["socket", "descriptor"];
const isLacking = lacks("python3 and systemd-notify", has("python3") && has("systemd-notify"));

describe.skipIf(isLacking).each(MODES.map((mode) => ({ mode })))(
  "a service manager behind its $mode",
  ({ mode }) => {
    it("hears of readiness, of the state, of a reload, of the turning loop and of the end, in this order", async () => {
      const { path, remove } = temporaryDirectory();
      try {
        await using scene = await setOnlineScene({
          wrapper: notifyWrapper(mode, path),
          environment: { WATCHDOG_USEC: "1000000" },
        });
        const { agent } = scene;
        const heard = (pattern: RegExp) =>
          eventually(() => notifications(path).find((each) => pattern.test(each)), {
            timeoutMs: 10_000,
            describe: () => `${pattern} in ${notifications(path).join("\n")}`,
          });
        await heard(/READY=1.*STATUS=Connecting to 127\.0\.0\.1/);
        await heard(/STATUS=Online with key [0-9a-f]{8} \(prod, /);
        await eventually(
          () => notifications(path).filter((each) => each.includes("WATCHDOG=1")).length >= 2,
          {
            describe: "the watchdog is fed",
          },
        );
        agent.signal("SIGHUP");
        await heard(/RELOADING=1.*MONOTONIC_USEC=\d+/);
        await eventually(() => isReadyAfterReload(notifications(path)), {
          describe: "the reload has an end",
        });
        await agent.stop();
        await heard(/STOPPING=1/);
        expect(notifications(path).findIndex((each) => each.includes("STOPPING=1"))).toBeGreaterThan(
          notifications(path).findLastIndex((each) => each.includes("READY=1")),
        );
      } finally {
        remove();
      }
    });

    it("is not told more by a hostile control plane than a status", async () => {
      const { path, remove } = temporaryDirectory();
      try {
        await using scene = await setOnlineScene({ wrapper: notifyWrapper(mode, path) });
        scene.server.respond(json(401, failure("UNAUTHENTICATED", { reason: HOSTILE_TEXT })));
        await eventually(() => notifications(path).some((each) => each.includes("(401")), {
          describe: "the refusal",
        });
        scene.server.respond(json(503, { errors: [{ message: HOSTILE_TEXT }] }));
        await scene.agent.post("retry");
        await eventually(() => notifications(path).some((each) => each.includes("cannot serve")), {
          describe: "the 503",
        });
        const assignments = notifications(path).flatMap((each) => each.split(" | "));
        // systemd-notify adds whose notification it is, and a barrier to wait for its being read.
        const known = new Set([`MAINPID=${scene.agent.pid}`, "BARRIER=1", "READY=1"]);
        expect(assignments.filter((each) => !each.startsWith("STATUS=") && !known.has(each))).toEqual([]);
      } finally {
        remove();
      }
    });
  },
);

function isReadyAfterReload(all: readonly string[]): boolean {
  const reloading = all.findIndex((each) => each.includes("RELOADING=1"));
  return all.slice(reloading + 1).some((each) => each.includes("READY=1"));
}

describe("without a service manager", () => {
  it("nothing is said, and nothing fails", async () => {
    const notifier = createNotifier({}, (failure) => expect.fail(failure));
    notifier.ready("Starting.");
    notifier.reloading();
    notifier.stopping("Stopped.");
    await notifier.flushed();
    expect(notifier.watchdogIntervalMs).toBeUndefined();
  });

  it.each([
    [{ WATCHDOG_USEC: "30000000" }, 15_000],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: String(process.pid) }, 15_000],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" }, undefined],
    [{ WATCHDOG_USEC: "0" }, undefined],
    [{ WATCHDOG_USEC: "nonsense" }, undefined],
    [{}, undefined],
  ])("%o asks for a sign every %s ms", (environment, intervalMs) => {
    expect(createNotifier(environment, () => {}).watchdogIntervalMs).toBe(intervalMs);
  });

  it("a socket that nobody listens on is told for each notification, and is no error", async () => {
    const reasons: string[] = [];
    const notifier = createNotifier(
      { NOTIFY_SOCKET: "/nonexistent/notify" },
      (failure) => void reasons.push(failure ?? "sent"),
    );
    notifier.stopping("Stopped.");
    await eventually(() => reasons.length === 1 || isLacking, { describe: "the failure" });
    await notifier.flushed();
  });
});

it.skipIf(isLacking)("an agent that cannot notify systemd says so, and nothing of its files", async () => {
  const environment = { NOTIFY_SOCKET: "/nonexistent/notify" };
  await using scene = await setOnlineScene({ environment });
  const line = await scene.agent.waitForLine("systemd.unreachable", /^A notification to systemd failed: /);
  expect(line.level).toBe("warn");
  expect(scene.agent.lines.map(({ event }) => event)).not.toContain("watch.degraded");
});
