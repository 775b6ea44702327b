import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../src/agent/daemon/status/status.ts";
import { checkUnit, type UnitFacts } from "../../../src/agent/doctor/check-unit.ts";

const RUNNING: UnitFacts = {
  LoadState: "loaded",
  ActiveState: "active",
  UnitFileState: "enabled",
  NeedDaemonReload: "no",
  Result: "success",
};

const ONLINE: AgentStatus = {
  state: "online",
  since: null,
  reason: "Online with key 3fa9c1d2.",
  executor: "agent-1",
  controlPlane: "https://cp.example.com",
  organization: null,
  key: { fingerprint: "3fa9c1d2", id: null, name: null, source: "agent.toml line 7", endsAt: null },
  lastAcceptedAt: null,
  lastAttemptAt: null,
  nextAttemptAt: null,
  attempts: 1,
  pendingChange: null,
  nodes: [],
  duplicates: [],
  configPath: "/etc/novacula/agent.toml",
  dataDir: "/var/lib/novacula",
  pid: 42,
  version: "1.2.3",
  startedAt: null,
};

function statuses(unit: UnitFacts | undefined, status: AgentStatus | undefined, fingerprint = "3fa9c1d2") {
  return checkUnit({ unit, status, fingerprint }).map((check) => check.status);
}

describe("the unit", () => {
  it.each([
    ["runs, online on the file's key", RUNNING, ONLINE, ["ok", "ok"]],
    ["runs, online on another key", RUNNING, { ...ONLINE, key: null }, ["ok", "warning"]],
    ["runs, refused", RUNNING, { ...ONLINE, state: "key-refused" }, ["ok", "warning"]],
    ["has failed", { ...RUNNING, ActiveState: "failed", Result: "watchdog" }, undefined, ["bad"]],
    ["is not installed", { ...RUNNING, LoadState: "not-found" }, undefined, ["warning"]],
    ["is not enabled", { ...RUNNING, UnitFileState: "disabled" }, ONLINE, ["ok", "warning", "ok"]],
    ["was edited since", { ...RUNNING, NeedDaemonReload: "yes" }, ONLINE, ["ok", "warning", "ok"]],
    ["cannot be asked about", undefined, undefined, ["unknown"]],
    ["is no systemd's, but an agent runs", undefined, ONLINE, ["ok"]],
  ] as const)("%s", (_what, unit, status, expected) => {
    expect(statuses(unit, status)).toEqual(expected);
  });

  it("says why a change of the file has not been taken", () => {
    const pendingChange = {
      fingerprint: "5b1c77e0",
      state: "refused",
      reason: "The new key was refused.",
    } as const;
    const [, check] = checkUnit({
      unit: RUNNING,
      status: { ...ONLINE, pendingChange },
      fingerprint: "5b1c77e0",
    });
    expect(check).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("The new key was refused"),
    });
  });
});
