import { basename } from "node:path";
import { printable } from "../../lib/printable.ts";
import { forAgent, forAgentFile, inPlace, shellWord } from "../../lib/shell-word.ts";
import { type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import { diagnoseKey, type KeyDiagnosis } from "../key/diagnose-key.ts";
import type { KeyFinding } from "../key/finding.ts";
import {
  type CredentialFile,
  credentialFile,
  credentialLabel,
  credentialName,
  credentialRemedy,
} from "./credential.ts";
import { exposureFindings, type FileReader } from "./file/file-access.ts";
import type { FileReads, TextRead } from "./file/file-reads.ts";
import type { FileRead } from "./file/read-file.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import type { TableIssue } from "./issue/table-issue.ts";
import type { FoundToken, ParsedConfig } from "./parse-config.ts";
import { decodeText } from "./schema/config-text.ts";

/** Where the key was found, and what is wrong with it. */
export interface FoundKey {
  /** For people: `agent.toml line 7`, or the path of the key file. */
  readonly keySource: string;
  /** Absolute; undefined if the key is in agent.toml. */
  readonly keyFile: string | undefined;
  /** The name of the systemd credential that the key is. */
  readonly credential: string | undefined;
  readonly diagnosis: KeyDiagnosis;
}

export type ReadFile = Extract<FileRead, { kind: "read" }>;

const MISSING = {
  code: "missing",
  severity: "refused",
  problem: "is missing: neither control_plane.access_token nor control_plane.access_token_file is set",
} as const;
const COMMENTED_KEY = /^\s*#[#\s]*access_token\s*=\s*["']?exc_[A-Za-z]{16}/u;

/**
 * Reads the key from where the configuration has it: `agentToml` itself, a key file or a systemd
 * credential. An issue means that its place is not known. Never rejects because of the files.
 */
export async function readKey(
  agentToml: ReadFile,
  parsed: Extract<ParsedConfig, { kind: "valid" }>,
  reads: FileReads,
  credentialsDirectory: string | undefined,
): Promise<FoundKey | { readonly issue: ConfigIssue }> {
  const written = parsed.config.controlPlane.accessTokenFile;
  if (written === undefined) {
    return await keyInConfig(agentToml, parsed.accessToken, reads);
  }
  return (
    (await keyInFile(written, reads, credentialsDirectory)) ?? {
      issue: await parsed.issueAt(noCredentials(written)),
    }
  );
}

/** The key in `access_token_file`; undefined for a credential that this process does not have. */
export async function keyInFile(
  written: string,
  reads: FileReads,
  credentialsDirectory: string | undefined,
): Promise<FoundKey | undefined> {
  const name = credentialName(written, credentialsDirectory);
  if (name !== undefined) {
    const file = await credentialFile(name, credentialsDirectory, reads.reader);
    return file === undefined ? undefined : await keyInCredential(file, reads);
  }
  const diagnosis = withJoin(diagnoseKeyFile(await reads.readText(written), written), written);
  const exposed = await exposure(written, reads, reads.reader);
  return {
    keySource: printable(written),
    keyFile: written,
    credential: undefined,
    diagnosis: withFindings(diagnosis, exposed),
  };
}

async function keyInCredential(file: CredentialFile, reads: FileReads): Promise<FoundKey> {
  const { name, path, isCopy } = file;
  const text = await reads.readText(path);
  const diagnosis = diagnoseKeyFile(
    text.kind === "text" ? text : { ...text, remedy: credentialRemedy(file, text) },
    path,
  );
  const exposed = isCopy ? [] : await exposure(path, reads, ROOT);
  return {
    keySource: credentialLabel(file),
    keyFile: path,
    credential: name,
    diagnosis: withFindings(text.kind === "unreadable" ? diagnosis : withRestart(diagnosis), exposed),
  };
}

/** systemd reads the source of a credential as root. */
const ROOT: FileReader = { kind: "known", uid: 0, group: undefined };

async function exposure(path: string, reads: FileReads, reader: FileReader): Promise<readonly KeyFinding[]> {
  const read = await reads.read(path);
  return read.kind === "read" ? exposureFindings(read, reader) : [];
}

/** The key in `access_token`. */
export async function keyInConfig(
  agentToml: ReadFile,
  token: FoundToken | undefined,
  { reader }: FileReads,
): Promise<FoundKey> {
  const isPipe = agentToml.stats === undefined;
  const name = printable(isPipe ? agentToml.path : basename(agentToml.path), 100);
  if (token === undefined) {
    const diagnosis = refused(missing(commentedKey(agentToml.bytes)));
    return { keySource: name, keyFile: undefined, credential: undefined, diagnosis };
  }
  const origin = { kind: "config" } as const;
  let diagnosis = diagnoseKey(token.text, origin);
  if (diagnosis.findings.length > 0) {
    diagnosis = diagnoseKey(token.text, origin, await token.locator());
  }
  const keySource = token.line === undefined ? name : `${name} line ${token.line}`;
  return {
    keySource,
    keyFile: undefined,
    credential: undefined,
    diagnosis: withFindings(diagnosis, exposureFindings(agentToml, reader)),
  };
}

function missing(commentedLine: number | undefined): KeyFinding {
  const problem =
    commentedLine === undefined
      ? MISSING.problem
      : `${MISSING.problem} (the one in line ${commentedLine} is commented out, and may have been revoked)`;
  const remedy = inPlace<Remedy>({
    host: [step("Create a key on the control plane, then run:", forAgent("set-key"))],
    pod: "Create a key on the control plane, put it into a Secret, and name its mounted file in control_plane.access_token_file.",
  });
  return { ...MISSING, problem, remedy };
}

/** The 1-based line of a key that somebody commented out. The example has none, only its name. */
function commentedKey(bytes: Uint8Array): number | undefined {
  const decoded = decodeText(bytes);
  const lines = decoded.kind === "text" ? decoded.text.split("\n") : [];
  const index = lines.findIndex((line) => COMMENTED_KEY.test(line));
  return index === -1 ? undefined : index + 1;
}

/** An unreadable key file is a finding, not an issue: the configuration itself is valid. */
function diagnoseKeyFile(file: TextRead, path: string): KeyDiagnosis {
  if (file.kind === "text") {
    return diagnoseKey(file.text, { kind: "key-file" });
  }
  const { remedy, place } = file;
  if (file.kind === "unreadable") {
    const problem = `is not available: ${printable(path)} ${file.problem}`;
    return refused({ code: "key-file-unreadable", severity: "refused", problem, remedy });
  }
  const where = place === undefined ? "" : ` (line ${place.line}, column ${place.column})`;
  const problem = `is in a file that ${file.problem}${where}`;
  return refused({ code: "key-file-not-text", severity: "refused", problem, remedy, ...place });
}

function noCredentials(written: string): TableIssue {
  const path = ["control_plane", "access_token_file"];
  const problem = "names a systemd credential, which systemd has not given to this process";
  const remedy = `Start the agent from a unit with LoadCredential=${printable(written)}:/its/path, or write an absolute path.`;
  return { code: "no-credentials-directory", path, key: path.join("."), problem, remedy };
}

function withFindings(diagnosis: KeyDiagnosis, more: readonly KeyFinding[]): KeyDiagnosis {
  return { key: diagnosis.key, findings: [...diagnosis.findings, ...more] };
}

/** What a key file has that is wrapped or indented, and otherwise whole. */
const SPACE: ReadonlySet<string> = new Set(["line-break", "inner-whitespace"]);

/** The key goes through pipes: it is in no argument and on no screen, and is tried first. */
function withJoin({ key, findings }: KeyDiagnosis, path: string): KeyDiagnosis {
  const bad = findings.filter(({ severity }) => severity === "refused");
  const last = bad.at(-1);
  if (last === undefined || !bad.every(({ code }) => SPACE.has(code))) {
    return { key, findings };
  }
  const read = forAgentFile(`cat ${shellWord(path)}`);
  const join = step(
    "To take out all white space, run (set-key tries the key before it writes it):",
    `${read} | tr -d '[:space:]' | ${forAgent("set-key")}`,
  );
  const remedy = inPlace<Remedy>({ host: [...stepsOf(last.remedy), join], pod: last.remedy });
  return { key, findings: findings.map((one) => (one === last ? { ...one, remedy } : one)) };
}

/** Nothing that happens to a credential's source reaches the service before its next start. */
function withRestart({ key, findings }: KeyDiagnosis): KeyDiagnosis {
  const last = findings.findLastIndex(({ severity }) => severity === "refused");
  const restarting = step(
    "systemd reads a credential only at a start, so a restart has to follow; set-key names the source, and offers the restart. Run:",
    forAgent("set-key"),
  );
  return {
    key,
    findings: findings.map((finding, index) =>
      index === last ? { ...finding, remedy: [...stepsOf(finding.remedy), restarting] } : finding,
    ),
  };
}

function refused(finding: KeyFinding): KeyDiagnosis {
  return { key: undefined, findings: [finding] };
}
