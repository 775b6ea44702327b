import type { LogLevel } from "../../../lib/log/level.ts";
import type { Channel } from "../../../protocol/channels.ts";

/** The folders without a setting; the packaged unit creates both. */
export const DEFAULT_DATA_DIR = "/var/lib/novacula";
export const DEFAULT_RUNTIME_DIR = "/run/novacula";

export const LOG_FORMATS = ["journal", "pretty", "json"] as const;

/** All settings of agent.toml, with defaults filled in and times in milliseconds. */
export interface AgentConfig {
  readonly agent: {
    /** 1 to 63 printable characters; the host name unless set. */
    readonly name: string;
    readonly dataDir: string;
    readonly runtimeDir: string;
    readonly publicHost: string | undefined;
    readonly channel: Channel;
  };
  readonly controlPlane: {
    /** Without a trailing slash and without `/graphql`. */
    readonly url: string;
    /** Absolute; a systemd credential's name is resolved already. */
    readonly accessTokenFile: string | undefined;
    readonly caFile: string | undefined;
    /**
     * A URL (never print it: it may contain a password), `none`, or undefined: use the environment.
     */
    readonly proxy: string | undefined;
    readonly syncIntervalMs: number;
  };
  readonly logging: {
    readonly level: LogLevel;
    /** undefined: chosen by what stdout is. */
    readonly format: (typeof LOG_FORMATS)[number] | undefined;
  };
  readonly reconciler: { readonly intervalMs: number };
  readonly reporter: { readonly intervalMs: number; readonly scrapeTimeoutMs: number };
}
