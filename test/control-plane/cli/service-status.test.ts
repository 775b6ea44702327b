import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { expect, it, onTestFinished, vi } from "vitest";
import { keepStatus, sayNotificationFailures } from "../../../src/control-plane/cli/serve/service-status.ts";
import { createLog } from "../../../src/control-plane/log/log.ts";
import { createNotifier } from "../../../src/lib/systemd/notifier.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

const URL_HERE = "http://127.0.0.1:3000";
const GOOD = { online: 1, isKeyless: false, unusable: undefined, problem: undefined };

/** A systemd-notify that writes down what it was told. */
function systemd() {
  const folder = tempDir();
  const program = join(folder, "systemd-notify");
  const told = join(folder, "told");
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${told}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    program,
    heard: (pattern: RegExp) =>
      eventually(() => existsSync(told) && pattern.test(readFileSync(told, "utf8")), {
        describe: String(pattern),
      }),
  };
}

it("says that the database cannot be used, and takes that back", async () => {
  const { heard } = systemd();
  let state: ReturnType<Parameters<typeof keepStatus>[1]["state"]> = GOOD;
  const notifier = createNotifier({ NOTIFY_SOCKET: "/run/nobody" }, () => {});
  const status = keepStatus(notifier, { state: () => state }, URL_HERE);
  onTestFinished(() => status.stop());
  await heard(/Serving http:\/\/127\.0\.0\.1:3000; 1 executor online/u);
  state = { ...GOOD, unusable: "the database file cannot be reached (EACCES)" };
  await heard(
    /The database cannot be used: the database file cannot be reached \(EACCES\)\. .* 503\. Listening on http/u,
  );
  state = { ...GOOD, online: 2 };
  await heard(/2 executors online/u);
});

it("says once what a failed notification means, and sends the next status although it is the same", async () => {
  const { program, heard } = systemd();
  chmodSync(program, 0o644);
  vi.stubEnv("PATH", join(program, ".."));
  const lines: string[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLog({ level: "info", format: "json" }, stdout);
  const results: (string | undefined)[] = [];
  const say = sayNotificationFailures(log.logger);
  const notifier = createNotifier({ NOTIFY_SOCKET: "/run/nobody" }, (failure) => {
    results.push(failure);
    say(failure);
  });
  notifier.status("Serving.");
  await notifier.flushed();
  notifier.status("Serving.");
  await eventually(() => results.length === 2, { describe: "both are tried" });
  expect(results[1]).toContain("EACCES");
  log.close();
  expect(lines.filter((line) => line.includes("systemd.unreachable"))).toHaveLength(1);
  expect(lines[0]).toContain("The status line in systemctl status is out of date until one succeeds.");
  vi.unstubAllEnvs();
  vi.stubEnv("PATH", `${join(program, "..")}:${process.env["PATH"]}`);
  chmodSync(program, 0o755);
  notifier.status("Serving.");
  await heard(/Serving\./u);
});
