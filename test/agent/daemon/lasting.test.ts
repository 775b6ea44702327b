import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import { NO_NODES_STATUS } from "../../../src/agent/daemon/status/nodes-status.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { pass } from "../../support/agent/fake-time.ts";
import { type HostedAgent, hostAgent } from "../../support/agent/hosted-agent.ts";
import { accepted, fileWith, replyOf } from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";
import { tempDir } from "../../support/temp-dir.ts";

const FILE = fileWith(makeKey());
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A change is read after half a minute at the latest, and rests for 0.4 s. */
const FOUND_MS = 30_500;

function inFolder(dataDir: string, runtimeDir = dataDir) {
  const agent = { ...FILE.config.agent, dataDir, runtimeDir };
  return { ...FILE, digest: dataDir, config: { ...FILE.config, agent } };
}

const usual = (dataDir: string) => ({ file: inFolder(dataDir), asked: async () => accepted() });

describe("what is wrong and lasts", () => {
  const events = (host: HostedAgent) => host.agent.status().conditions.map(({ event }) => event);

  it("is in the status until it is over, and in the journal once", async () => {
    const dataDir = join(tempDir(), "later");
    const host = await hostAgent({ ...usual(dataDir), dataDir });
    await pass(3 * MINUTE);
    expect(host.agent.status()).toMatchObject({
      state: "online",
      conditions: [{ event: "state.unwritable", level: "error", message: expect.stringMatching(/ Fix: /) }],
    });
    expect(host.lines.filter((line) => line.includes(">state.unwritable: "))).toHaveLength(1);
    mkdirSync(dataDir);
    await pass(2 * MINUTE);
    expect(events(host)).toEqual([]);
    rmSync(dataDir, { recursive: true });
    await pass(2 * MINUTE);
    expect(events(host)).toEqual(["state.unwritable"]);
    expect(host.lines.filter((line) => line.includes(">state.unwritable: "))).toHaveLength(2);
  });

  it("is a version that the control plane no longer supports, as long as it says so", async () => {
    let verdict: "out_of_support" | "supported" = "out_of_support";
    const asked = async () => {
      const compatibility = { verdict, recommendedVersion: "9.0.0" };
      return { ...accepted(), reply: { ...replyOf(), compatibility } } as SyncOutcome;
    };
    const dataDir = tempDir();
    const host = await hostAgent({ ...usual(dataDir), dataDir, asked });
    await pass(SECOND);
    expect(events(host)).toEqual(["agent.out-of-support"]);
    verdict = "supported";
    await pass(10 * SECOND);
    expect(events(host)).toEqual([]);
  });

  it("is a folder in the file that the agent does not use before a restart", async () => {
    const dataDir = tempDir();
    const { file, asked } = usual(dataDir);
    const host = await hostAgent({ file, asked, dataDir });
    await pass(SECOND);
    expect(events(host)).toEqual([]);
    host.state.file = inFolder("/srv/other", dataDir);
    await pass(FOUND_MS);
    expect(events(host)).toEqual(["config.needs-restart"]);
    host.state.file = file;
    await pass(FOUND_MS);
    expect(events(host)).toEqual([]);
  });

  it("is of nodes, with the line of a setting that it names", async () => {
    const dataDir = tempDir();
    const message = "So it is. Fix: set agent.name back";
    const conditions = [{ event: "nodes.other-executor", level: "error", message } as const];
    const nodes = { ...WITHOUT_NODES, status: () => ({ ...NO_NODES_STATUS, conditions }) };
    const file = { ...inFolder(dataDir), lines: new Map([["agent.name", 9]]) };
    const host = await hostAgent({ file, asked: async () => accepted(), dataDir, nodes });
    await pass(SECOND);
    expect(host.agent.status().conditions.map((each) => each.message)).toEqual([
      expect.stringMatching(/^So it is\. Fix: set agent\.name \(\S*agent\.toml line 9\) back$/u),
    ]);
  });

  it("is a host that has another name than its executor, whose name is a default", async () => {
    const dataDir = tempDir();
    const named = inFolder(dataDir);
    const agent = { ...named.config.agent, name: "before", isNameSet: false };
    const file = { ...named, config: { ...named.config, agent } };
    const host = await hostAgent({ file, asked: async () => accepted(), dataDir });
    await pass(SECOND);
    expect(events(host)).toEqual(["host.renamed"]);
    host.state.file = {
      ...file,
      digest: "set",
      config: { ...file.config, agent: { ...agent, isNameSet: true } },
    };
    await pass(FOUND_MS);
    expect(events(host)).toEqual([]);
  });

  it("is a name that hosts have which nobody has named", async () => {
    const dataDir = tempDir();
    const named = inFolder(dataDir);
    const agent = { ...named.config.agent, name: "localhost" };
    const file = { ...named, config: { ...named.config, agent } };
    const host = await hostAgent({ file, asked: async () => accepted(), dataDir });
    await pass(SECOND);
    expect(events(host)).toEqual(["executor.common-name"]);
  });
});
