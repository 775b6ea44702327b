import { withoutQuotes } from "../../lib/command-line/environment-variable.ts";
import { absolutePath } from "../../lib/files/absolute-path.ts";
import type { ExecutorKey } from "../key/executor-key.ts";
import type { KeyFinding } from "../key/finding.ts";
import { readCa } from "./ca-source.ts";
import { withEarlierFile } from "./earlier-file.ts";
import { type FileReader, ownReader } from "./file/file-access.ts";
import { FileReads } from "./file/file-reads.ts";
import { missingConfigRemedy } from "./file/missing-config.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import { readKey } from "./key-source.ts";
import { parseConfig } from "./parse-config.ts";
import { type AgentConfig, DEFAULT_PATH } from "./schema/agent-config.ts";
import { settingLines } from "./setting-lines.ts";
import { readTwoKeys, type TwoKeys, withTwoKeys } from "./two-keys.ts";

/** Where the package has it. */
const EXAMPLE = "/usr/share/novacula-agent/agent.toml";

interface LoadedBase {
  readonly path: string;
  /**
   * Changes if the content or readability of one of `files` changes. With a usable key it also
   * changes with the owner or mode, because findings warn about them. Comparable only within one
   * process.
   */
  readonly digest: string;
  /**
   * The absolute paths of the files to watch: agent.toml and, as far as they are known, the key
   * file and the CA file.
   */
  readonly files: readonly string[];
}

/** What the files contain now: a configuration with a usable key, one without, or no valid one. */
export type Loaded = LoadedBase &
  (
    | {
        readonly verdict: "usable";
        readonly config: AgentConfig;
        /** Of the settings in agent.toml, by their full names: settingLines(). */
        readonly lines: ReadonlyMap<string, number>;
        readonly key: ExecutorKey;
        /** The text of `control_plane.ca_file`; its certificates are valid. */
        readonly caPem: string | undefined;
        /** `agent.toml line 7`, or the path of the key file. */
        readonly keySource: string;
        /** Warnings only. */
        readonly findings: readonly KeyFinding[];
      }
    | {
        readonly verdict: "key-unusable";
        readonly config: AgentConfig;
        readonly lines: ReadonlyMap<string, number>;
        readonly keySource: string;
        readonly findings: readonly KeyFinding[];
      }
    | {
        readonly verdict: "invalid";
        readonly issues: readonly ConfigIssue[];
        /** If all that is wrong is that there are two keys. */
        readonly twoKeys?: TwoKeys;
        readonly config: undefined;
      }
  );

/**
 * The absolute path of agent.toml: from the flag, else `NOVACULA_CONFIG`, else the default path.
 * Throws an OperatorError for a relative path in a folder that was deleted.
 */
export function configPath(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  const { NOVACULA_CONFIG: variable } = environment;
  return absolutePath(flag || withoutQuotes(variable ?? "") || DEFAULT_PATH);
}

/**
 * Reads agent.toml and the files that it names, and diagnoses the key. Never rejects because of
 * their content or the disk. Uses only `CREDENTIALS_DIRECTORY` of `environment`. `known` is an
 * earlier result for the same path and environment; it is returned unchanged if the files have not
 * changed. Remedies are written for `reader`.
 */
export async function loadConfig(
  path: string,
  environment: NodeJS.ProcessEnv,
  known?: Loaded,
  reader: FileReader = ownReader(),
): Promise<Loaded> {
  if (known !== undefined && (await digestNow(known)) === known.digest) {
    return known;
  }
  const reads = new FileReads(reader);
  const base = () => ({ path, digest: reads.digest("content"), files: reads.paths });
  const invalid = (issues: readonly ConfigIssue[]): Loaded => {
    return { ...base(), verdict: "invalid", issues, config: undefined };
  };

  const file = await reads.readText(path);
  if (file.kind !== "text") {
    const { code, problem, place } = file;
    const remedy = await missingConfigRemedy(path, file, path === DEFAULT_PATH ? EXAMPLE : undefined);
    return invalid([{ code, file: path, ...place, problem, remedy }]);
  }
  const parsed = await parseConfig(file.text, path);
  const { CREDENTIALS_DIRECTORY: credentialsDirectory } = environment;
  if (parsed.kind === "invalid") {
    const twoKeys = await readTwoKeys(file.read, file.text, parsed, reads, credentialsDirectory);
    return twoKeys === undefined
      ? invalid(await withEarlierFile(parsed.issues))
      : {
          ...base(),
          verdict: "invalid",
          issues: withTwoKeys(parsed.issues, twoKeys),
          twoKeys,
          config: undefined,
        };
  }

  const found = await readKey(file.read, parsed, reads, credentialsDirectory);
  const ca = await readCa(parsed, reads);
  const issues = [found, ca].flatMap((part) => ("issue" in part ? [part.issue] : []));
  if ("issue" in found || "issue" in ca) {
    return invalid(issues);
  }

  const { keySource, keyFile, credential } = found;
  const { key, findings } = found.diagnosis;
  const config = {
    ...parsed.config,
    controlPlane: { ...parsed.config.controlPlane, accessTokenFile: keyFile, credential },
  };
  const lines = settingLines(file.text);
  if (key === undefined) {
    return { ...base(), verdict: "key-unusable", config, lines, keySource, findings };
  }
  const digest = reads.digest("content-and-access");
  return { ...base(), digest, verdict: "usable", config, lines, key, caPem: ca.pem, keySource, findings };
}

/**
 * The files that the user of the service must be able to read. systemd hands over a credential, so
 * its file is none of them.
 */
export function ownFiles({ files, config }: Loaded): readonly string[] {
  const { credential, accessTokenFile } = config?.controlPlane ?? {};
  return credential === undefined ? files : files.filter((file) => file !== accessTokenFile);
}

async function digestNow({ files, verdict }: Loaded): Promise<string> {
  const reads = new FileReads(ownReader());
  for (const file of files) {
    await reads.read(file);
  }
  return reads.digest(verdict === "usable" ? "content-and-access" : "content");
}
