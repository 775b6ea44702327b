import { expect, it } from "vitest";
import {
  failedStart,
  type LocalStart,
  unusableWords,
} from "../../../../src/agent/doctor/local/local-start.ts";
import { settingsBeside } from "../../../../src/agent/systemd/service/changed-settings.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const FAILED: LocalStart = { active: "failed", result: "exit-code", isMasked: false };

it("a control plane that has failed is seen by a user who may not read why", () => {
  const found = failedStart({ ...FAILED, words: { kind: "denied" } });
  expect(found?.detail).toBe("the control plane of this host has failed (exit-code)");
  expect(remedyText(found?.remedy ?? "")).toContain(`is not open to this user. Run: ${forAgent("doctor")}`);
  const said = failedStart({ ...FAILED, words: { kind: "said", why: "no key", remedy: undefined } });
  expect(said?.detail).toBe("the control plane of this host did not start: no key");
});

it("a command of a drop-in that runs before it is named, and taken out", () => {
  const file = "/etc/systemd/system/novacula-control-plane.service.d/10-mgmt.conf";
  const text = "[Service]\nExecStartPre=+/usr/local/sbin/wait-mgmt";
  const changed = settingsBeside(assignmentsOf(text, file), []);
  const end = { isBySignal: false, status: 3 };
  const command = { ...end, setting: "ExecStartPre", path: "/usr/local/sbin/wait-mgmt", pid: "7", since: "" };
  const found = failedStart({
    ...FAILED,
    changed,
    command: { ...command, words: "mgmt0 is not up" },
    end: { isBySignal: false, status: 0 },
  });
  expect(found?.detail).toBe(
    `the control plane of this host did not start: ExecStartPre=/usr/local/sbin/wait-mgmt of its unit ended with status 3: mgmt0 is not up, after this host changed its unit: ExecStartPre=+/usr/local/sbin/wait-mgmt (${file} line 2)`,
  );
  expect(remedyText(found?.remedy ?? "")).toMatch(
    /^Take out what was changed: move away the file, .*: \S*\s?mv -bT .*10-mgmt\.conf\.old && .*start novacula-control-plane$/u,
  );
});

it("one that a limit ends is named, although it ends by itself when systemd asks", () => {
  const file = "/etc/systemd/system/novacula-control-plane.service.d/fresh.conf";
  const changed = settingsBeside(assignmentsOf("[Service]\nRuntimeMaxSec=8", file), []);
  const end = { isBySignal: false, status: 0 };
  const found = failedStart({ ...FAILED, result: "timeout", changed, end });
  expect(found?.detail).toMatch(
    /a time limit of its unit ended it .*RuntimeMaxSec=8 \(.*fresh\.conf line 2\)$/u,
  );
  expect(remedyText(found?.remedy ?? "")).toContain(`mv -bT ${file} ${file}.old`);
});

it("one with a unit that systemd cannot use is named with the line that is missing", () => {
  const file = "/etc/systemd/system/novacula-control-plane.service.d/override.conf";
  const [start] = assignmentsOf("[Service]\nExecStart=/usr/bin/novacula-control-plane serve", file);
  const found = (complaint: string) =>
    failedStart({ ...FAILED, result: "success", words: unusableWords(complaint, [], start) });
  const twice = found("Service has more than one ExecStart= setting, which is refused");
  expect(twice?.detail).toBe(
    "the control plane of this host did not start: systemd cannot use its unit: Service has more than one ExecStart= setting, which is refused",
  );
  expect(remedyText(twice?.remedy ?? "").replaceAll("sudo ", "")).toMatch(
    /Run: sed -i --follow-symlinks '2i ExecStart=' \S+ && systemctl daemon-reload\. Then run: systemctl reset-failed novacula-control-plane && systemctl start novacula-control-plane$/u,
  );
  expect(remedyText(found("Service has no ExecStart=")?.remedy ?? "")).toMatch(/^Correct what was changed/u);
});

it("one that runs, is stopped or starts has not failed", () => {
  for (const more of [
    { active: "active" },
    { active: "inactive" },
    { active: "activating" },
    { isMasked: true },
  ]) {
    expect(failedStart({ ...FAILED, ...more })).toBeUndefined();
  }
});
