import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { keyName, statusLine, statusReport } from "../../../../src/agent/cli/status/status-report.ts";
import { filesVerdict, stateVerdict } from "../../../../src/agent/cli/status/verdict.ts";
import type { AgentStatus } from "../../../../src/agent/daemon/status/status.ts";
import { home } from "../../../support/agent/cli-scene.ts";
import { makeKey } from "../../../support/keys.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";
import { lacks } from "../../../support/requires.ts";

const NOW = Date.UTC(2026, 10, 19, 12, 3, 6);
const at = (ms: number) => new Date(NOW + ms).toISOString();
const DAY_MS = 86_400_000;

const KEY = { fingerprint: "3fa9c1d2", id: "k_1", name: "prod", source: "agent.toml line 7", endsAt: null };

const ONLINE: AgentStatus = {
  state: "online",
  since: at(-60_000),
  reason: "Online.",
  executor: "agent-1",
  controlPlane: "https://cp.example.com",
  organization: { id: "o", name: "Acme" },
  key: KEY,
  lastAcceptedAt: at(-3000),
  lastAttemptAt: at(-3000),
  nextAttemptAt: at(2000),
  attempts: 3,
  pendingChange: null,
  nodes: [],
  duplicates: [],
  conditions: [],
  configPath: "/etc/novacula/agent.toml",
  dataDir: "/var/lib/novacula",
  pid: 4711,
  version: "0.1.0",
  startedAt: at(-DAY_MS),
};

const { stdin, stdout, stderr } = process;
const terminal = { stdin, stdout, stderr, environment: { NO_COLOR: "1" } };

describe("the report", () => {
  it("says when the key expires, before and after", () => {
    const ending = (ms: number) =>
      statusReport({ ...ONLINE, key: { ...KEY, endsAt: at(ms) } }, NOW, terminal);
    expect(ending(12 * DAY_MS)).toMatch(/^ {2}key expires +2026-12-01 12:03:06 UTC, in 12 d$/mu);
    expect(ending(-DAY_MS)).toMatch(/^ {2}key expired +2026-11-18 12:03:06 UTC, 1 d ago$/mu);
  });

  it("shows the last attempt where it was not the last acceptance", () => {
    const status: AgentStatus = { ...ONLINE, state: "unreachable", lastAcceptedAt: at(-90_000) };
    expect(statusReport(status, NOW, terminal)).toMatch(
      /last accepted +2026-11-19 12:01:36 UTC, 1 min 30 s ago\n {2}last attempt +2026-11-19 12:03:03 UTC, 3 s ago/u,
    );
  });

  it("keeps hostile text on one line", () => {
    const status: AgentStatus = { ...ONLINE, executor: "a\n<0>b\u001b[2J", reason: "On\nline" };
    const lines = statusReport(status, NOW, terminal).split("\n");
    expect(lines[0]).toBe("On line");
    expect(lines).toHaveLength(statusReport(ONLINE, NOW, terminal).split("\n").length);
    expect(lines.join("")).not.toContain("\u001b");
  });

  it("does not say twice what is wrong with a file that has never been good", () => {
    const status: AgentStatus = {
      ...ONLINE,
      state: "config-invalid",
      reason: "Waiting for the file.",
      key: null,
      pendingChange: { fingerprint: null, state: "unusable", reason: "bad" },
    };
    expect(statusLine(status, NOW, terminal).split("\n")).toHaveLength(1);
    expect(statusReport(status, NOW, terminal)).not.toContain("last accepted");
  });

  it("names a key by what is known of it", () => {
    expect(keyName({ fingerprint: "3fa9c1d2" })).toBe("3fa9c1d2");
    expect(keyName({ fingerprint: "3fa9c1d2", name: "prod", id: "k_1" })).toBe("3fa9c1d2 (prod, k_1)");
  });
});

describe("the verdict", () => {
  const states: readonly (readonly [AgentStatus["state"], number])[] = [
    ["online", 0],
    ["key-refused", 1],
    ["forbidden", 1],
    ["key-unusable", 1],
    ["config-invalid", 1],
    ["connecting", 2],
    ["unreachable", 2],
  ];
  it.each(states)("on %s is %i", (state, code) => {
    expect(stateVerdict({ ...ONLINE, state })).toBe(code);
    expect(filesVerdict({ ...ONLINE, state })).toBe(code);
  });

  it.each([
    ["refused", 1],
    ["unusable", 1],
    ["trying", 2],
    ["unreachable", 2],
  ] as const)("on the files while a change is %s is %i, though the executor is online", (state, code) => {
    const status: AgentStatus = { ...ONLINE, pendingChange: { fingerprint: null, state, reason: "x" } };
    expect(filesVerdict(status)).toBe(code);
    expect(stateVerdict(status)).toBe(0);
  });
});

const hasScript = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

describe.skipIf(lacks("script(1), for a terminal", hasScript))("on a terminal", () => {
  it("there is colour, unless NO_COLOR is set", async () => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    const shown = async (environment: NodeJS.ProcessEnv) => {
      const line = `'${process.execPath}' '${AGENT}' check -c '${place.configPath}'`;
      const child = spawn("script", ["-qec", line, "/dev/null"], {
        env: { ...ENVIRONMENT, TERM: "xterm", ...environment },
        stdio: ["ignore", "pipe", "inherit"],
      });
      return await text(child.stdout);
    };
    expect(await shown({})).toContain("\u001b[32mok      \u001b[0m");
    expect(await shown({ NO_COLOR: "1" })).not.toContain("\u001b[");
  });
});
