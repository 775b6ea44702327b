import type { AgentConfig } from "../../config/schema/agent-config.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { KeyFinding } from "../../key/finding.ts";

/** One valid reading of the files: a configuration and a usable key. Replaced as a whole. */
export interface Generation {
  /** Grows with each reading. */
  readonly id: number;
  readonly config: AgentConfig;
  readonly key: ExecutorKey;
  /** Where the key is: `/etc/novacula/agent.toml line 7`, or the key file's path. */
  readonly keySource: string;
  readonly caPem: string | undefined;
  /** The lines of its settings in agent.toml, and the name of that file, for messages. */
  readonly lines: ReadonlyMap<string, number>;
  readonly file: string;
  /** Warnings: the key is used in spite of them. */
  readonly findings: readonly KeyFinding[];
}

/**
 * True if the control plane cannot tell the two apart: same place, same name, same key. Any other
 * change is tried before it is used.
 */
export function sameCredentials(a: Generation, b: Generation): boolean {
  return (
    a.key.equals(b.key) &&
    a.config.agent.name === b.config.agent.name &&
    a.config.controlPlane.url === b.config.controlPlane.url &&
    a.config.controlPlane.proxy === b.config.controlPlane.proxy &&
    a.caPem === b.caPem
  );
}

/** The folders that a process uses; a change of them in the file takes effect after a restart. */
export interface Folders {
  readonly dataDir: string;
  readonly runtimeDir: string;
}

type NamedSetting = readonly [name: string, value: string | number | undefined];

/**
 * The settings, by their names in agent.toml, in which `config` differs from what the process uses.
 */
export function restartSettings({ agent }: AgentConfig, inUse: Folders): readonly NamedSetting[] {
  const settings: NamedSetting[] = [];
  if (agent.dataDir !== inUse.dataDir) {
    settings.push(["agent.data_dir", agent.dataDir]);
  }
  if (agent.runtimeDir !== inUse.runtimeDir) {
    settings.push(["agent.runtime_dir", agent.runtimeDir]);
  }
  return settings;
}

/** The settings that a running agent applies at once, by name, as far as they differ. */
export function appliedSettings(a: AgentConfig, b: AgentConfig): readonly string[] {
  const before = new Map(liveSettings(a));
  return liveSettings(b).flatMap(([name, value]) => (before.get(name) === value ? [] : [name]));
}

/** What is new in `to`, as a line names it; a changed certificate file counts as `ca_file`. */
export function newSettings(from: Generation, to: Generation): string {
  const names = new Set(appliedSettings(from.config, to.config));
  if (from.caPem !== to.caPem) {
    names.add("control_plane.ca_file");
  }
  return [...names].join(", ");
}

function liveSettings({
  agent,
  controlPlane,
  logging,
  reconciler,
  reporter,
}: AgentConfig): readonly NamedSetting[] {
  return [
    ["agent.name", agent.name],
    ["agent.public_host", agent.publicHost],
    ["agent.channel", agent.channel],
    ["control_plane.url", controlPlane.url],
    ["control_plane.access_token_file", controlPlane.accessTokenFile],
    ["control_plane.ca_file", controlPlane.caFile],
    ["control_plane.proxy", controlPlane.proxy],
    ["control_plane.sync_interval_secs", controlPlane.syncIntervalMs],
    ["logging.level", logging.level],
    ["logging.format", logging.format],
    ["reconciler.interval_secs", reconciler.intervalMs],
    ["reporter.interval_secs", reporter.intervalMs],
    ["reporter.scrape_timeout_ms", reporter.scrapeTimeoutMs],
  ];
}
