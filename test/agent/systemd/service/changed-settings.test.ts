import { describe, expect, it } from "vitest";
import { changedSettings } from "../../../../src/agent/systemd/service/changed-settings.ts";
import { assignmentsOf } from "../../../../src/agent/systemd/service/unit-files.ts";
import { installedUnit, shippedDropIn, shippedUnit } from "../../../../src/agent/systemd/service-unit.ts";

const DROP_IN = "/etc/systemd/system/novacula-agent.service.d/site.conf";

function changed(dropIn: string, unit = shippedUnit()) {
  const all = [...assignmentsOf(unit, "/u"), ...assignmentsOf(dropIn, DROP_IN)];
  return changedSettings(all).map(({ name, value, file, line }) => `${name}=${value} ${file}:${line}`);
}

describe("what a host changed in the unit", () => {
  it("is nothing for the shipped unit, as a package or `install` brings it", () => {
    expect(changed("")).toEqual([]);
    expect(changed(shippedDropIn())).toEqual([]);
    for (const systemd of [252, 253, 257]) {
      expect(changed("", installedUnit("/usr/local/bin/novacula-agent", systemd))).toEqual([]);
    }
  });

  it("is what a drop-in adds or replaces, with its place", () => {
    expect(changed("[Service]\nPrivateNetwork=yes\nLimitNOFILE=18")).toEqual([
      `PrivateNetwork=yes ${DROP_IN}:2`,
      `LimitNOFILE=18 ${DROP_IN}:3`,
    ]);
    expect(changed("[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX")).toEqual([
      `RestrictAddressFamilies=AF_UNIX ${DROP_IN}:3`,
    ]);
    expect(changed("[Service]\nExecStart=\nExecStart=/bin/false\n[Unit]\nRequires=x.mount")).toEqual([
      `ExecStart=/bin/false ${DROP_IN}:3`,
      `Requires=x.mount ${DROP_IN}:5`,
    ]);
  });

  it("has all lines of its file, with those that reset or change nothing", () => {
    const lines = "[Service]\nUser=\nUser=ann\nEnvironment=A=b";
    const found = changedSettings([...assignmentsOf(shippedUnit(), "/u"), ...assignmentsOf(lines, DROP_IN)]);
    expect(found.map(({ inFile = [] }) => inFile.map(({ name, line }) => `${name} ${line}`))).toEqual([
      ["User 2", "User 3", "Environment 4"],
    ]);
  });

  it("is no switch that the last line turns off where the package has none, and otherwise each line that turns it on", () => {
    const name = "MemoryDenyWriteExecute";
    expect(changed(`[Service]\n${name}=yes\n${name}=no`)).toEqual([]);
    expect(changed(`[Service]\n${name}=no\n${name}=true`)).toEqual([`${name}=true ${DROP_IN}:3`]);
    expect(changed(`[Service]\n${name}=yes\n${name}=no\n${name}=1`)).toEqual([
      `${name}=yes ${DROP_IN}:2`,
      `${name}=1 ${DROP_IN}:4`,
    ]);
    expect(changed("[Service]\nProtectHome=off")).toEqual([`ProtectHome=off ${DROP_IN}:2`]);
  });

  it("is nothing of a setting of one value if the last line is as without it", () => {
    expect(changed("[Service]\nTimeoutStartSec=1\nTimeoutStartSec=30s")).toEqual([]);
    expect(changed("[Service]\nRuntimeMaxSec=8\nRuntimeMaxSec=infinity")).toEqual([]);
    expect(changed("[Service]\nWatchdogSec=0")).toEqual([`WatchdogSec=0 ${DROP_IN}:2`]);
    expect(
      changed("[Service]\nTimeoutSec=8\nTimeoutStartSec=1\nTimeoutStartSec=30s\nTimeoutStartSec=2"),
    ).toEqual([
      `TimeoutStartSec=1 ${DROP_IN}:3`,
      `TimeoutStartSec=2 ${DROP_IN}:5`,
      `TimeoutSec=8 ${DROP_IN}:2`,
    ]);
    expect(changed("[Service]\nExecStartPre=/a\nExecStartPre=/b")).toHaveLength(2);
  });

  it("is what an edited copy of the unit has, too", () => {
    expect(changed("", shippedUnit().replace("User=novacula", "User=nobody"))[0]).toMatch(
      /^User=nobody \/u:/u,
    );
  });

  it("is not what a drop-in takes back, what it repeats, or what doctor judges elsewhere", () => {
    expect(changed("[Service]\nLimitNOFILE=18\nLimitNOFILE=")).toEqual([]);
    expect(changed("[Service]\nUser=novacula")).toEqual([]);
    expect(
      changed(
        "[Service]\nEnvironment=HTTPS_PROXY=http://u:secret@p\nLoadCredential=key:/srv/key\nDescription=x",
      ),
    ).toEqual([]);
  });
});
