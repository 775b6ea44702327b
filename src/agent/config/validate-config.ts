import type { z } from "zod";
import { hostName } from "./executor-name.ts";
import {
  bothSources,
  isTable,
  notATable,
  type TableIssue,
  TWO_KEY_SOURCES,
  unfilledValue,
  unknownAtTop,
  unknownKey,
  wrongValue,
} from "./issue/table-issue.ts";
import { meantTable } from "./issue/unknown-key.ts";
import type { AgentConfig } from "./schema/agent-config.ts";
import { CONFIG_TABLES, KEYS_BY_TABLE } from "./schema/config-schema.ts";

/** A configuration, or the issues that it has. */
export interface Validated {
  /**
   * undefined if there are issues. `accessTokenFile` is as written: `key-source.ts` resolves the
   * name of a credential.
   */
  readonly config: AgentConfig | undefined;
  /** The same if the only issue is that there are two keys. */
  readonly withTwoKeys: AgentConfig | undefined;
  readonly issues: readonly TableIssue[];
  /**
   * The key as written, also if there are issues: those of the key are reported together with them.
   */
  readonly accessToken: string | undefined;
}

/**
 * At most this many unknown settings are reported per table. A file with more is not an agent.toml.
 */
const MAX_UNKNOWN = 50;

/** Turns a parsed agent.toml into a configuration, or into everything that is wrong with it. */
export function validateConfig(root: Readonly<Record<string, unknown>>): Validated {
  const unknown = Object.keys(root).filter((name) => !Object.hasOwn(CONFIG_TABLES, name));
  const issues = unknown
    .slice(0, MAX_UNKNOWN)
    .map((name) => unknownAtTop(name, root[name], Object.keys(root)));
  const read = <T>(name: string, schema: z.ZodType<T>): T | undefined =>
    readTable(root, name, schema, issues);
  const tables = {
    agent: read("agent", CONFIG_TABLES.agent),
    controlPlane: read("control_plane", CONFIG_TABLES.control_plane),
    logging: read("logging", CONFIG_TABLES.logging),
    reconciler: read("reconciler", CONFIG_TABLES.reconciler),
    reporter: read("reporter", CONFIG_TABLES.reporter),
  };
  const settled = withoutMisnamed(issues, root);
  const { control_plane: controlPlane } = root;
  const written = new Map(isTable(controlPlane) ? Object.entries(controlPlane) : []);
  if (written.has("access_token") && written.has("access_token_file")) {
    settled.push(bothSources());
  }
  const token = written.get("access_token");
  const accessToken = typeof token === "string" ? token : undefined;
  const hasTwoKeys = settled.length === 1 && settled[0]?.code === TWO_KEY_SOURCES;
  return {
    config: settled.length === 0 ? inMilliseconds(tables) : undefined,
    withTwoKeys: hasTwoKeys ? inMilliseconds(tables) : undefined,
    issues: settled,
    accessToken,
  };
}

/** What a table lacks that has a wrong name is not missing: it stands below that name. */
function withoutMisnamed(issues: readonly TableIssue[], root: Readonly<Record<string, unknown>>) {
  const meant = issues.flatMap(({ code, path: [name = ""] }) =>
    code === "unknown-table" ? [meantTable(name)] : [],
  );
  return issues.filter(
    ({ code, path: [table = ""] }) =>
      code !== "missing-key" || Object.hasOwn(root, table) || !meant.includes(table),
  );
}

type Tables = {
  readonly agent: z.infer<typeof CONFIG_TABLES.agent> | undefined;
  readonly controlPlane: z.infer<typeof CONFIG_TABLES.control_plane> | undefined;
  readonly logging: z.infer<typeof CONFIG_TABLES.logging> | undefined;
  readonly reconciler: z.infer<typeof CONFIG_TABLES.reconciler> | undefined;
  readonly reporter: z.infer<typeof CONFIG_TABLES.reporter> | undefined;
};

function inMilliseconds({
  agent,
  controlPlane,
  logging,
  reconciler,
  reporter,
}: Tables): AgentConfig | undefined {
  if (!agent || !controlPlane || !logging || !reconciler || !reporter) {
    return undefined;
  }
  return {
    agent: {
      name: agent.name ?? hostName(),
      isNameSet: agent.name !== undefined,
      dataDir: agent.data_dir,
      runtimeDir: agent.runtime_dir,
      publicHost: agent.public_host,
      channel: agent.channel,
    },
    controlPlane: {
      url: controlPlane.url,
      accessTokenFile: controlPlane.access_token_file,
      credential: undefined,
      caFile: controlPlane.ca_file,
      proxy: controlPlane.proxy,
      syncIntervalMs: controlPlane.sync_interval_secs * 1000,
    },
    logging: { level: logging.level, format: logging.format },
    reconciler: { intervalMs: reconciler.interval_secs * 1000 },
    reporter: { intervalMs: reporter.interval_secs * 1000, scrapeTimeoutMs: reporter.scrape_timeout_ms },
  };
}

function readTable<T>(
  root: Readonly<Record<string, unknown>>,
  name: string,
  schema: z.ZodType<T>,
  issues: TableIssue[],
): T | undefined {
  const table = Object.hasOwn(root, name) ? root[name] : {};
  if (!isTable(table)) {
    issues.push(notATable(name, table));
    return undefined;
  }
  const unfilled = unfilledIn(name, table);
  issues.push(...unfilled.values());
  const result = schema.safeParse(table);
  if (result.success) {
    return unfilled.size === 0 ? result.data : undefined;
  }
  const seen = new Set(unfilled.keys());
  for (const issue of result.error.issues) {
    if (issue.code === "unrecognized_keys") {
      issues.push(
        ...issue.keys.slice(0, MAX_UNKNOWN).map((key) => unknownKey(name, key, Object.keys(table))),
      );
      continue;
    }
    const key = String(issue.path[0]);
    if (seen.has(key)) {
      continue;
    }
    seen.add(key);
    issues.push(wrongValue(name, key, Object.hasOwn(table, key) ? table[key] : undefined, issue.message));
  }
  return undefined;
}

/** The settings that a template or a secrets manager was to fill in; the key has findings. */
function unfilledIn(
  table: string,
  settings: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, TableIssue> {
  const names = KEYS_BY_TABLE.get(table)?.filter((key) => key !== "access_token") ?? [];
  return new Map(
    names.flatMap((key) => {
      const issue = Object.hasOwn(settings, key) ? unfilledValue(table, key, settings[key]) : undefined;
      return issue === undefined ? [] : [[key, issue] as const];
    }),
  );
}
