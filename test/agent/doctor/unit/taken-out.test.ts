import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { culprits } from "../../../../src/agent/doctor/unit/culprits.ts";
import { takingOut } from "../../../../src/agent/doctor/unit/taken-out.ts";
import { changedSettings } from "../../../../src/agent/systemd/service/changed-settings.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const OWN = "/etc/systemd/system/novacula-agent.service.d/site.conf";
const ALL = "/etc/systemd/system/service.d/50-baseline.conf";

/** `files`: the lines of each below [Service]. */
function taken(files: Readonly<Record<string, string>>, names = /./u): string {
  const assignments = Object.entries(files).flatMap(([file, text]) =>
    assignmentsOf(`[Service]\n${text}`, file),
  );
  const settings = changedSettings(assignments).filter(({ name }) => names.test(name));
  return remedyText([takingOut("Take it out", settings, "novacula-agent", "systemctl daemon-reload")]);
}

const moved = (file: string) => `mv -bT ${file} ${file}.old`;

describe("a setting that is to be taken out of the unit", () => {
  it("goes with its file if the file sets nothing else", () => {
    expect(taken({ [OWN]: "Nice=\nNice=5" })).toBe(
      `Take it out: move away the file, which sets nothing else (to undo it, move it back): ${moved(OWN)} && systemctl daemon-reload`,
    );
  });

  it.each([
    "/run/systemd/system/novacula-agent.service.d/50-x.conf",
    "/etc/systemd/system.control/novacula-agent.service.d/50-CPUQuota.conf",
  ])("goes with a file that somebody else put there: %s", (file) => {
    expect(taken({ [file]: "CPUQuota=1%" })).toContain(moved(file));
  });

  it("is made a comment beside others, with the lines that it goes on and that take back", () => {
    const text = "Nice=\nEnvironment=A=b\nNice=5\nSystemCallFilter=a \\\n  b\nLimitNOFILE=9";
    expect(taken({ [OWN]: text }, /^Nice$/u)).toBe(
      `Take it out: make its lines comments: sed -i --follow-symlinks '2s/^/# /;4s/^/# /' ${OWN} && systemctl daemon-reload`,
    );
    expect(taken({ [OWN]: text }, /^System/u)).toContain(
      "make its lines comments: sed -i --follow-symlinks '5,6s/^/# /' ",
    );
  });

  it.each([
    ALL,
    "/usr/lib/systemd/system/novacula-agent.service.d/50-baseline.conf",
    "/etc/systemd/system/novacula-.service.d/50-baseline.conf",
  ])("is hidden from this service alone if its file is not the administrator's for it: %s", (file) => {
    expect(taken({ [file]: "MemoryDenyWriteExecute=yes" })).toBe(
      "Take it out: hide the file from this service alone (to undo it, remove the link): install -d /etc/systemd/system/novacula-agent.service.d && ln -s /dev/null /etc/systemd/system/novacula-agent.service.d/50-baseline.conf && systemctl daemon-reload",
    );
  });

  it.each([
    ["MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute=no"],
    ["ProtectSystem=full", "ProtectSystem=strict"],
    ["ProtectHome=no", "ProtectHome=yes"],
    ["RuntimeMaxSec=8", "RuntimeMaxSec=infinity"],
    ["TimeoutStartSec=1", "TimeoutStartSec=30s"],
    ["InaccessiblePaths=/usr", "InaccessiblePaths="],
    ["ExecStartPre=/bin/false", "ExecStartPre="],
    ["CapabilityBoundingSet=CAP_KILL", "CapabilityBoundingSet="],
    ["RestrictAddressFamilies=~AF_INET", "RestrictAddressFamilies=", "AF_UNIX AF_INET AF_INET6"],
    ["SystemCallFilter=~execve", "SystemCallFilter=", "@system-service", "~@privileged @resources"],
  ])("is overridden for this service alone if its file sets more for others: %s", (line, back, ...more) => {
    const name = line.slice(0, line.indexOf("="));
    const lines = [back, ...more.map((value) => `${name}=${value}`)].join("\\n");
    const remedy = taken({ [ALL]: `${line}\nTasksMax=9` }, new RegExp(`^${name}$`, "u"));
    expect(remedy.replaceAll("sudo ", "")).toBe(
      `Take it out: override it for this service alone in a drop-in (to undo it, remove that file): install -d /etc/systemd/system/novacula-agent.service.d && sh -c 'printf "[Service]\\n${lines}\\n" >> /etc/systemd/system/novacula-agent.service.d/50-baseline.undone.conf' && systemctl daemon-reload`,
    );
    expect("50-baseline.undone.conf" > "50-baseline.conf").toBe(true);
  });

  it("is written as it is after that command", () => {
    const remedy = taken({ [ALL]: "SystemCallFilter=~execve\nTasksMax=9" }, /^System/u);
    const [, script = ""] = /sh -c '(.*) >> /u.exec(remedy) ?? [];
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(
      "[Service]\nSystemCallFilter=\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
    );
  });

  it("is one of several commands, of which the others stay", () => {
    const file = "ExecStartPre=\nExecStartPre=/a\nExecStartPre=-/b c\nNice=5";
    const remedy = (path: string, cause: string) => {
      const assignments = assignmentsOf(`[Service]\n${file}`, path);
      const settings = culprits(cause, changedSettings(assignments));
      return remedyText([takingOut("Take it out", settings, "novacula-agent")]);
    };
    const ofB = "ExecStartPre=/b of its unit ended with status 3";
    expect(remedy(OWN, ofB)).toContain(" '4s/^/# /' ");
    expect(remedy(OWN, "ExecStartPre= failed")).toContain(" '2s/^/# /;3s/^/# /;4s/^/# /' ");
    expect(remedy(ALL, ofB)).toContain('"[Service]\\nExecStartPre=\\nExecStartPre=/a\\n"');
  });

  it("is taken out of each of several files in its way", () => {
    const other = "/etc/systemd/system/novacula-agent.service.d/it's.conf";
    expect(taken({ [OWN]: "Nice=5\nLimitNOFILE=9", [other]: "Nice=6", [ALL]: "Nice=7" }, /^Nice$/u)).toMatch(
      /^Take it out: make its lines comments, and move away the file, .*, and hide the file from .*: sed .* && mv -bT '.*it'\\''s\.conf' .* && install -d .* && ln -s .*50-baseline\.conf && systemctl daemon-reload$/u,
    );
  });

  it.each([
    ["nobody knows what it is without that", { [ALL]: "Nice=5\nLimitNOFILE=9" }],
    ["it is the program", { [ALL]: "ExecStart=\nExecStart=/bin/false\nTasksMax=9" }],
    [
      "the name of its file needs quotes",
      { "/etc/systemd/system/service.d/a b.conf": "PrivateIPC=no\nTasksMax=9" },
    ],
    ["it is no drop-in", { "/etc/systemd/system/novacula-agent.service": "Nice=5" }],
    [
      "there are many files",
      Object.fromEntries([1, 2, 3, 4, 5].map((n) => [OWN.replace("site", `s${n}`), `Nice=${n}`])),
    ],
  ])("is a person's to take out if %s", (_why, files) => {
    expect(taken(files, /^(?:Nice|ExecStart|PrivateIPC)$/u)).toBe(
      "Take it out, then run: systemctl daemon-reload",
    );
  });
});
