import type { LogLevel } from "../../../lib/log/level.ts";
import type { Format } from "../../../lib/log/line-format.ts";
import type { Channel } from "../../../protocol/channels.ts";

/** The agent.toml of the package. */
export const DEFAULT_PATH = "/etc/novacula/agent.toml";
/** The folders that the agent uses if none are set; the packaged unit creates both. */
export const DEFAULT_DATA_DIR = "/var/lib/novacula";
export const DEFAULT_RUNTIME_DIR = "/run/novacula";

/** All settings of agent.toml, with the defaults filled in and times in milliseconds. */
export interface AgentConfig {
  readonly agent: {
    /** 1 to 63 printable characters; the host name if it is not set. */
    readonly name: string;
    /** False: `name` is the host's, as it was when this process started. */
    readonly isNameSet: boolean;
    readonly dataDir: string;
    readonly runtimeDir: string;
    readonly publicHost: string | undefined;
    readonly channel: Channel;
  };
  readonly controlPlane: {
    /** Without a trailing slash and without `/graphql`. */
    readonly url: string;
    /** An absolute path; the name of a systemd credential has been resolved. */
    readonly accessTokenFile: string | undefined;
    /** The name of the systemd credential that the key is; undefined if it is none. */
    readonly credential: string | undefined;
    readonly caFile: string | undefined;
    /**
     * A URL, `none`, or undefined (the environment decides). Never print it: the URL may contain a
     * password.
     */
    readonly proxy: string | undefined;
    readonly syncIntervalMs: number;
  };
  readonly logging: {
    readonly level: LogLevel;
    /** undefined: it depends on what stdout is. */
    readonly format: Format | undefined;
  };
  readonly reconciler: { readonly intervalMs: number };
  readonly reporter: { readonly intervalMs: number; readonly scrapeTimeoutMs: number };
}
