import { describe, expect, it } from "vitest";
import type { AgentConfig } from "../../../../src/agent/config/schema/agent-config.ts";
import {
  appliedSettings,
  type Generation,
  newSettings,
  restartSettings,
  sameCredentials,
} from "../../../../src/agent/daemon/rotation/generation.ts";
import { configOf, fileWith } from "../../../support/agent/loaded.ts";
import { makeKey } from "../../../support/keys.ts";

const BASE = configOf();
const { agent, controlPlane, logging, reconciler, reporter } = BASE;

const CHANGES: readonly (readonly [setting: string, changed: AgentConfig, isCredential: boolean])[] = [
  ["agent.name", { ...BASE, agent: { ...agent, name: "agent-2" } }, true],
  ["agent.public_host", { ...BASE, agent: { ...agent, publicHost: "h" } }, false],
  ["agent.channel", { ...BASE, agent: { ...agent, channel: "beta" } }, false],
  ["control_plane.url", { ...BASE, controlPlane: { ...controlPlane, url: "https://b" } }, true],
  [
    "control_plane.access_token_file",
    { ...BASE, controlPlane: { ...controlPlane, accessTokenFile: "/k" } },
    false,
  ],
  ["control_plane.ca_file", { ...BASE, controlPlane: { ...controlPlane, caFile: "/ca" } }, false],
  ["control_plane.proxy", { ...BASE, controlPlane: { ...controlPlane, proxy: "none" } }, true],
  [
    "control_plane.sync_interval_secs",
    { ...BASE, controlPlane: { ...controlPlane, syncIntervalMs: 1 } },
    false,
  ],
  ["logging.level", { ...BASE, logging: { ...logging, level: "debug" } }, false],
  ["logging.format", { ...BASE, logging: { ...logging, format: "json" } }, false],
  ["reconciler.interval_secs", { ...BASE, reconciler: { ...reconciler, intervalMs: 1 } }, false],
  ["reporter.interval_secs", { ...BASE, reporter: { ...reporter, intervalMs: 1 } }, false],
  ["reporter.scrape_timeout_ms", { ...BASE, reporter: { ...reporter, scrapeTimeoutMs: 1 } }, false],
];

function generation(config: AgentConfig, changes: Partial<Generation> = {}): Generation {
  const { key, keySource, lines } = fileWith(SECRET);
  return {
    id: 1,
    config,
    key,
    keySource,
    lines,
    caPem: undefined,
    file: "agent.toml",
    findings: [],
    ...changes,
  };
}
const SECRET = makeKey();

describe("a change of a setting", () => {
  it.each(CHANGES)("of %s is named as that, and nothing else is", (setting, changed) => {
    expect(appliedSettings(BASE, changed)).toEqual([setting]);
    expect(appliedSettings(changed, BASE)).toEqual([setting]);
    expect(newSettings(generation(BASE), generation(changed))).toBe(setting);
    expect(restartSettings(changed, agent)).toEqual([]);
  });

  it.each(CHANGES)("of %s is one of credentials, or none", (_setting, changed, isCredential) => {
    expect(sameCredentials(generation(BASE), generation(changed))).toBe(!isCredential);
  });

  it("of the key or the text of the CA is one of credentials", () => {
    const [one, same] = [generation(BASE), generation(BASE)];
    expect(sameCredentials(one, same)).toBe(true);
    expect(sameCredentials(one, { ...same, key: fileWith(makeKey()).key })).toBe(false);
    expect(sameCredentials(one, { ...same, caPem: "pem" })).toBe(false);
    expect(newSettings(one, same)).toBe("");
    expect(newSettings(one, { ...same, caPem: "pem" })).toBe("control_plane.ca_file");
  });

  it("of a folder needs a restart, and is named with its value", () => {
    const folders = { dataDir: agent.dataDir, runtimeDir: agent.runtimeDir };
    expect(restartSettings(BASE, { ...folders, dataDir: "/other" })).toEqual([
      ["agent.data_dir", agent.dataDir],
    ]);
    expect(restartSettings(BASE, { ...folders, runtimeDir: "/other" })).toEqual([
      ["agent.runtime_dir", agent.runtimeDir],
    ]);
    expect(restartSettings(BASE, folders)).toEqual([]);
    expect(appliedSettings(BASE, { ...BASE, agent: { ...agent, dataDir: "/other" } })).toEqual([]);
  });
});
