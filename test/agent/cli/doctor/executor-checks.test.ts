import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { executorChecks } from "../../../../src/agent/cli/doctor/executor-checks.ts";
import type { AgentStatus } from "../../../../src/agent/daemon/status/status.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";
import { lockedFile } from "../../../support/agent/loaded.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const FOLDERS = {
  path: "/a.toml",
  isUsual: false,
  unitSource: undefined,
  dataDir: "/var/lib/novacula",
  obstacle: "cannot be read",
  isDenied: true,
  credential: undefined,
};
const SUBJECT = {
  path: "/a.toml",
  isUsual: false,
  pathSource: "--config",
  environment: {},
  sourceOf: () => "",
  service: undefined,
  facts: undefined,
};
const patience = {
  signal: new AbortController().signal,
  pause: async () => {},
  onWait: () => {},
  now: () => 0,
};

it.each([
  [true, "unknown", /^It is unknown whether an agent runs here: \/a\.toml cannot be read$/u],
  [false, "bad", /^No agent runs here: there is no \S+\/agent\.sock$/u],
])("an agent whose agent.toml names its socket (denied: %s) is %s", async (isDenied, status, detail) => {
  const runtimeDir = join(tempDir(), "none");
  const folders = { ...FOLDERS, runtimeDir, dataDir: runtimeDir, isDenied };
  const judged = { subject: SUBJECT, loaded: lockedFile(), folders, isDenied };
  const checks = await executorChecks(
    { ...judged, isAccepted: false, isCandidate: false, isUnitChanged: false, isLeftKnown: false },
    patience,
  );
  expect(checks.at(-1)).toMatchObject({ stage: "executor", status, detail: expect.stringMatching(detail) });
});

/** An agent that says each of these in turn, and goes on with the last. */
async function answering(states: readonly AgentStatus["state"][], changes: Partial<AgentStatus> = {}) {
  const runtimeDir = tempDir();
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    const state = states[Math.min(asked, states.length) - 1] ?? "online";
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...STATUS, state, nextAttemptAt: new Date().toISOString(), ...changes }));
  });
  await new Promise<void>((resolve) => server.listen(join(runtimeDir, "agent.sock"), resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return runtimeDir;
}

const STATUS: Omit<AgentStatus, "state" | "nextAttemptAt"> = {
  since: "2026-11-19T12:00:00.000Z",
  reason: "It is so.",
  executor: "agent-1",
  controlPlane: "https://cp.example.com",
  organization: null,
  key: null,
  lastAcceptedAt: null,
  lastAttemptAt: null,
  attempts: 3,
  pendingChange: null,
  nodes: [],
  duplicates: [],
  conditions: [],
  configPath: lockedFile().path,
  dataDir: "/var/lib/novacula",
  pid: process.pid,
  version: "0.1.0",
  startedAt: "2026-11-19T12:00:00.000Z",
};

it.each([
  ["goes online at its next try", ["unreachable", "unreachable", "online"], true, "ok", 1000],
  ["stays unreachable", ["unreachable"], true, "bad", 15_000],
  ["asks a control plane that does not answer doctor either", ["unreachable", "online"], false, "bad", 0],
] as const)(
  "an agent that %s is waited for only as long as that may help",
  async (_what, states, isAccepted, status, waits) => {
    const runtimeDir = await answering(states);
    let waitedMs = 0;
    const said: string[] = [];
    const waiting = {
      ...patience,
      now: () => waitedMs,
      pause: async (ms: number) => {
        waitedMs += ms;
      },
      onWait: (what: string) => said.push(what),
    };
    const judged = { subject: SUBJECT, loaded: lockedFile(), isDenied: true, isCandidate: false };
    const checks = await executorChecks(
      {
        ...judged,
        folders: { ...FOLDERS, runtimeDir },
        isAccepted,
        isUnitChanged: false,
        isLeftKnown: false,
      },
      waiting,
    );
    expect(checks.at(-1)).toMatchObject({ stage: "executor", status });
    expect(Math.abs(waitedMs - waits)).toBeLessThanOrEqual(1500);
    expect(said.includes("the agent tries again soon")).toBe(waits > 0);
  },
);

it.each([
  ["before doctor asked", -60_000, "has not tried since"],
  ["after that", 60_000, "If the next try fails too"],
])("an agent that is unreachable, and tried %s", async (_when, deltaMs, says) => {
  const lastAttemptAt = new Date(Date.now() + deltaMs).toISOString();
  const runtimeDir = await answering(["unreachable"], { lastAttemptAt, nextAttemptAt: null });
  const judged = { subject: SUBJECT, loaded: lockedFile(), isDenied: true, isCandidate: false };
  const folders = { ...FOLDERS, runtimeDir };
  const checks = await executorChecks(
    { ...judged, folders, isAccepted: true, isUnitChanged: false, isLeftKnown: false },
    patience,
  );
  expect(remedyText(checks.at(-1)?.remedy ?? [])).toContain(says);
});

it.each([true, false])(
  "nodes of another executor are named once, by doctor or by the agent (by doctor: %s)",
  async (isLeftKnown) => {
    const condition = (event: string) => ({ event, level: "error" as const, message: `${event} is so.` });
    const conditions = [condition("nodes.other-executor"), condition("nodes.memory-damaged")];
    const runtimeDir = await answering(["online"], { conditions });
    const judged = { subject: SUBJECT, loaded: lockedFile(), isDenied: true, isCandidate: false };
    const checks = await executorChecks(
      {
        ...judged,
        folders: { ...FOLDERS, runtimeDir },
        isAccepted: true,
        isUnitChanged: false,
        isLeftKnown,
      },
      patience,
    );
    const said = checks.map(({ detail }) => detail).join("\n");
    expect(said.includes("nodes.other-executor is so")).toBe(!isLeftKnown);
    expect(said).toContain("nodes.memory-damaged is so");
  },
);
