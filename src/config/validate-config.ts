import { hostname } from "node:os";
import type { z } from "zod";
import { printable } from "../lib/printable.ts";
import type { AgentConfig } from "./agent-config.ts";
import { CONFIG_TABLES } from "./config-schema.ts";
import { looksSecret } from "./secret-looks.ts";
import { shownName, unknownKeyRemedy, unknownTableRemedy } from "./unknown-key.ts";

/** An issue before its place in the file is known: `path` leads to the key, or to the table that lacks it. */
export interface TableIssue {
  readonly code: string;
  readonly path: readonly string[];
  readonly key: string;
  readonly problem: string;
  readonly remedy: string;
}

export interface ValidatedConfig {
  /** `accessTokenFile` still as written: `key-source.ts` resolves a credential's name. */
  readonly config: AgentConfig;
  readonly accessToken: string | undefined;
}

/** A file with more of them in one table is not an agent.toml, and nobody reads on. */
const MAX_UNKNOWN = 50;

/** Never echoed, whatever it holds. */
const SILENT_KEYS: ReadonlySet<string> = new Set(["control_plane.access_token", "control_plane.proxy"]);

/** A parsed agent.toml as a configuration, or everything that is wrong with it at once. */
export function validateConfig(
  root: Readonly<Record<string, unknown>>,
): { readonly validated: ValidatedConfig } | { readonly issues: readonly TableIssue[] } {
  const issues: TableIssue[] = [];
  for (const name of Object.keys(root).slice(0, MAX_UNKNOWN)) {
    if (Object.hasOwn(CONFIG_TABLES, name)) continue;
    const what = isTable(root[name]) ? "unknown table" : "unknown key";
    const code = isTable(root[name]) ? "unknown-table" : "unknown-key";
    issues.push({
      code,
      path: [name],
      key: shownName(name),
      problem: what,
      remedy: unknownTableRemedy(name),
    });
  }
  const read = <T>(name: string, schema: z.ZodType<T>): T | undefined =>
    readTable(root, name, schema, issues);
  const agent = read("agent", CONFIG_TABLES.agent);
  const controlPlane = read("control_plane", CONFIG_TABLES.control_plane);
  const logging = read("logging", CONFIG_TABLES.logging);
  const reconciler = read("reconciler", CONFIG_TABLES.reconciler);
  const reporter = read("reporter", CONFIG_TABLES.reporter);
  if (controlPlane?.access_token !== undefined && controlPlane.access_token_file !== undefined) {
    issues.push(bothSources());
  }
  if (issues.length > 0 || !agent || !controlPlane || !logging || !reconciler || !reporter) return { issues };
  const config: AgentConfig = {
    agent: {
      name: agent.name ?? hostname().slice(0, 63),
      dataDir: agent.data_dir,
      runtimeDir: agent.runtime_dir,
      publicHost: agent.public_host,
      channel: agent.channel,
    },
    controlPlane: {
      url: controlPlane.url,
      accessTokenFile: controlPlane.access_token_file,
      caFile: controlPlane.ca_file,
      proxy: controlPlane.proxy,
      syncIntervalMs: controlPlane.sync_interval_secs * 1000,
    },
    logging: { level: logging.level, format: logging.format },
    reconciler: { intervalMs: reconciler.interval_secs * 1000 },
    reporter: { intervalMs: reporter.interval_secs * 1000, scrapeTimeoutMs: reporter.scrape_timeout_ms },
  };
  return { validated: { config, accessToken: controlPlane.access_token } };
}

function bothSources(): TableIssue {
  return {
    code: "two-key-sources",
    path: ["control_plane", "access_token_file"],
    key: "control_plane.access_token_file",
    problem: "is set together with access_token, and only one of them can say what the key is",
    remedy: "Delete the line of access_token, or that of access_token_file.",
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
    const problem = `is ${describeFound(name, table)}, but must be a table`;
    issues.push({
      code: "not-a-table",
      path: [name],
      key: name,
      problem,
      remedy: `Write [${name}] on its own line.`,
    });
    return undefined;
  }
  const result = schema.safeParse(table);
  if (result.success) return result.data;
  const seen = new Set<string>();
  for (const issue of result.error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys.slice(0, MAX_UNKNOWN)) issues.push(unknownKey(name, key));
      continue;
    }
    const key = String(issue.path[0]);
    if (seen.has(key)) continue;
    seen.add(key);
    issues.push(wrongValue(name, key, Object.hasOwn(table, key) ? table[key] : undefined, issue.message));
  }
  return undefined;
}

function unknownKey(table: string, key: string): TableIssue {
  return {
    code: "unknown-key",
    path: [table, key],
    key: `${table}.${shownName(key)}`,
    problem: "unknown key",
    remedy: unknownKeyRemedy(table, key),
  };
}

function wrongValue(table: string, key: string, value: unknown, wants: string): TableIssue {
  const path = `${table}.${key}`;
  if (value === undefined) {
    const remedy = `Add ${key} to [${table}]: ${wants}.`;
    return { code: "missing-key", path: [table], key: path, problem: "is not set", remedy };
  }
  return {
    code: "wrong-value",
    path: [table, key],
    key: path,
    problem: `is ${describeFound(path, value)}`,
    remedy: remedyFor(key, value, wants),
  };
}

function remedyFor(key: string, value: unknown, wants: string): string {
  const wanted = `It must be ${wants}.`;
  if (typeof value !== "string") return wanted;
  if (wants.startsWith("a number") && /^\d+(\.\d+)?$/u.test(value)) return `${wanted} Remove the quotes.`;
  if (/exc[_-]/iu.test(value)) return `${wanted} A key belongs in access_token of [control_plane].`;
  if (/^(~|\$|%d)/u.test(value)) {
    const name = key === "access_token_file" ? "; of a systemd credential, write the name alone" : "";
    return `${wanted} Nothing is expanded here, neither ~ nor a variable${name}.`;
  }
  return wanted;
}

/** What was found, as far as it may be shown. */
function describeFound(path: string, value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  switch (typeof value) {
    case "string":
      if (value === "") return "empty";
      if (SILENT_KEYS.has(path) || looksSecret(value) || /:\/\/[^/]*@/u.test(value))
        return "a text that is not shown here";
      return `"${printable(value, 60)}"`;
    case "number":
    case "bigint":
      return SILENT_KEYS.has(path) ? "a number" : `the number ${value}`;
    case "boolean":
      return String(value);
    default:
      return "a table";
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
