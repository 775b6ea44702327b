import type { AgentConfig } from "../../config/schema/agent-config.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import type { KeyFinding } from "../../key/finding.ts";

/** One valid reading of the files: a configuration and a key that can be sent. Replaced as a whole, never changed. */
export interface Generation {
  /** Grows with each reading; a probe of an older one is of no interest any more. */
  readonly id: number;
  readonly config: AgentConfig;
  readonly key: ExecutorKey;
  /** Where the key stands: `/etc/novacula/agent.toml line 7`, or the key file's path. */
  readonly keySource: string;
  readonly caPem: string | undefined;
  /** Warnings: the key is used, and these are said. */
  readonly findings: readonly KeyFinding[];
}

/** True where the control plane cannot tell the two apart: same place, same name, same key. Anything else is probed before it is used. */
export function sameCredentials(a: Generation, b: Generation): boolean {
  return (
    a.key.equals(b.key) &&
    a.config.agent.name === b.config.agent.name &&
    a.config.controlPlane.url === b.config.controlPlane.url &&
    a.config.controlPlane.proxy === b.config.controlPlane.proxy &&
    a.caPem === b.caPem
  );
}

/** Settings that only a new process takes. */
const NEEDS_RESTART: ReadonlySet<string> = new Set(["agent.data_dir", "agent.runtime_dir"]);

/** The settings in which two configurations differ, by their names in agent.toml; `needsRestart` are those that only a new process takes. */
export function changedSettings(a: AgentConfig, b: AgentConfig) {
  const before = new Map(settings(a));
  const changed = settings(b).flatMap(([name, value]) => (before.get(name) === value ? [] : [name]));
  return {
    live: changed.filter((name) => !NEEDS_RESTART.has(name)),
    needsRestart: changed.filter((name) => NEEDS_RESTART.has(name)),
  };
}

/** The settings of `to` that are not `from`'s, as a line names them; certificates that changed in their file count as `ca_file`. */
export function newSettings(from: Generation, to: Generation): string {
  const names = new Set(changedSettings(from.config, to.config).live);
  if (from.caPem !== to.caPem) {
    names.add("control_plane.ca_file");
  }
  return [...names].join(", ");
}

function settings(config: AgentConfig): [name: string, value: string | number | undefined][] {
  return [
    ["agent.name", config.agent.name],
    ["agent.data_dir", config.agent.dataDir],
    ["agent.runtime_dir", config.agent.runtimeDir],
    ["agent.public_host", config.agent.publicHost],
    ["agent.channel", config.agent.channel],
    ["control_plane.url", config.controlPlane.url],
    ["control_plane.access_token_file", config.controlPlane.accessTokenFile],
    ["control_plane.ca_file", config.controlPlane.caFile],
    ["control_plane.proxy", config.controlPlane.proxy],
    ["control_plane.sync_interval_secs", config.controlPlane.syncIntervalMs],
    ["logging.level", config.logging.level],
    ["logging.format", config.logging.format],
    ["reconciler.interval_secs", config.reconciler.intervalMs],
    ["reporter.interval_secs", config.reporter.intervalMs],
    ["reporter.scrape_timeout_ms", config.reporter.scrapeTimeoutMs],
  ];
}
