import { basename, dirname, join } from "node:path";
import { printable } from "../../lib/printable.ts";
import { asRoot, forAgent, inPlace } from "../../lib/shell-word.ts";
import { type Remedy, step, stepsOf } from "../../lib/text/remedy.ts";
import { type ConfigIssue, formatIssue } from "../config/issue/config-issue.ts";
import type { Loaded } from "../config/load-config.ts";
import type { KeyFinding } from "../key/finding.ts";
import type { Check } from "./examination.ts";

/** Why the user of the service cannot read a file, and the command that fixes it. */
export interface Obstacle {
  readonly problem: string;
  readonly remedy: Remedy;
}

export interface FileFacts {
  readonly obstacles: readonly Obstacle[];
  /** What names agent.toml; undefined: it has the default path. */
  readonly pathSource: string | undefined;
  /** A line of an EnvironmentFile= that should name it, and that systemd ignores. */
  readonly ignoredPath?: string | undefined;
  /** Whether this user may not read one of the files. That says nothing about the service. */
  readonly isDenied: boolean;
  /** If there are two keys: which of them to delete. */
  readonly twoKeyRemedy?: string | undefined;
}

/** Checks the files and the key as the daemon reads them, sorted by stage. */
export function checkFiles(
  loaded: Loaded,
  { obstacles, pathSource, ignoredPath, isDenied, twoKeyRemedy }: FileFacts,
): readonly Check[] {
  const path = printable(loaded.path, 4096);
  const named = pathSource === undefined ? "" : ` (named by ${pathSource})`;
  const issues = loaded.verdict === "invalid" ? loaded.issues : [];
  const [unread, invalid] = split(issues, (issue) => UNREAD.has(issue.code));
  const isRead = !unread.some((issue) => issue.code !== "no-credentials-directory");
  const files: readonly Check[] =
    unread.length === 0
      ? [{ stage: "file", status: "ok", detail: `${path} exists${named}` }]
      : unread
          .map((issue) => readIssue(issue, issue.file === loaded.path ? named : "", isDenied))
          .map((check) => (pathSource === undefined ? withIgnored(check, ignoredPath) : check));
  if (!isRead) {
    const later = `${path} could not be read`;
    return [...files, unchecked("mode", later), unchecked("syntax", later), unchecked("key", later)];
  }
  return [
    ...files,
    ...modes(loaded, obstacles),
    ...syntax(loaded, invalid, twoKeyRemedy),
    ...(twoKeyRemedy === undefined ? keys(loaded, isDenied) : []),
  ];
}

/** Issues about reaching a file, not about its content. */
const UNREAD: ReadonlySet<string> = new Set(["not-found", "unreadable", "no-credentials-directory"]);
/** Findings about who can read the file with the key, not about the key. */
const MODE_FINDINGS = /^file-/u;

function readIssue(issue: ConfigIssue, named: string, isDenied: boolean): Check {
  const isUnknown = issue.code === "no-credentials-directory" || (isDenied && issue.code === "unreadable");
  const status = isUnknown ? "unknown" : "bad";
  return { stage: "file", status, detail: `${detailOf(issue)}${named}`, remedy: issue.remedy };
}

/** The default path counts only because that line does not. */
function withIgnored(check: Check, place: string | undefined): Check {
  if (place === undefined || check.status !== "bad") {
    return check;
  }
  const line = printable(place, 400);
  return {
    ...check,
    detail: `${check.detail}. Another file may be meant: systemd ignores ${line}, which names one, but not as NAME=value without export`,
    remedy: [
      step("If so, write that line as NOVACULA_CONFIG=…, then run:", asRoot("novacula-agent restart")),
      ...stepsOf(check.remedy ?? []).map((each, n) =>
        n === 0 ? { ...each, say: `Otherwise: ${each.say}` } : each,
      ),
    ],
  };
}

function modes(loaded: Loaded, obstacles: readonly Obstacle[]): readonly Check[] {
  const findings = findingsOf(loaded).filter((finding) => MODE_FINDINGS.test(finding.code));
  const checks: readonly Check[] = [
    ...together(obstacles).map(
      ({ problem, remedy }) => ({ stage: "mode", status: "bad", detail: problem, remedy }) as const,
    ),
    ...findings.map((finding) => ofFinding("mode", finding, "the key")),
  ];
  return checks.length > 0
    ? checks
    : [{ stage: "mode", status: "ok", detail: "only its owner and its group can read the key" }];
}

/** Those that a command opens are opened at once: each round costs a run of doctor. */
function together(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const opened = obstacles.flatMap(({ problem, remedy }) => {
    const [first, ...rest] = stepsOf(remedy);
    const isWhole = first?.say === "Run:" && rest.length === 0;
    return isWhole && first.run !== undefined ? [{ problem, run: first.run, remedy }] : [];
  });
  if (opened.length < 2) {
    return obstacles;
  }
  const remedies = new Set(opened.map(({ remedy }) => remedy));
  return [
    {
      problem: opened.map(({ problem }) => problem).join(", and "),
      remedy: [step("Run:", ...new Set(opened.map(({ run }) => run)))],
    },
    ...obstacles.filter(({ remedy }) => !remedies.has(remedy)),
  ];
}

function syntax(
  loaded: Loaded,
  issues: readonly ConfigIssue[],
  twoKeyRemedy: string | undefined,
): readonly Check[] {
  if (loaded.verdict === "invalid") {
    return issues.map((issue) => ({
      stage: "syntax",
      status: "bad",
      detail: detailOf(issue),
      remedy: twoKeyRemedy ?? issue.remedy,
    }));
  }
  const { agent, controlPlane } = loaded.config;
  const detail = `valid: executor ${printable(agent.name)} for ${printable(controlPlane.url)}`;
  return [{ stage: "syntax", status: "ok", detail }];
}

function keys(loaded: Loaded, isDenied: boolean): readonly Check[] {
  if (loaded.verdict === "invalid") {
    return [unchecked("key", "the configuration is not valid")];
  }
  const { keySource } = loaded;
  const findings = loaded.findings.filter((finding) => !MODE_FINDINGS.test(finding.code));
  const subject = `the key in ${printable(keySource, 4096)}`;
  const checks = findings.map((finding): Check => {
    const check = ofFinding("key", finding, subject);
    return isDenied && finding.code === "key-file-unreadable" ? { ...check, status: "unknown" } : check;
  });
  if (loaded.verdict === "key-unusable") {
    return withSetKey(checks, loaded);
  }
  const { key } = loaded;
  const detail = `${key} in ${printable(keySource, 4096)} ${checks.length === 0 ? "looks right" : "is usable despite the warning"}`;
  return [...checks, { stage: "key", status: "ok", detail }];
}

/** Where the key is, and the command that takes another one, after the last of what is wrong. */
function withSetKey(
  checks: readonly Check[],
  { path, keySource, config, findings }: Extract<Loaded, { verdict: "key-unusable" }>,
): readonly Check[] {
  const last = checks.findLast(({ status }) => status === "bad");
  const steps = stepsOf(last?.remedy ?? []);
  const isComplete = steps.some(({ say, run }) => run !== undefined || say.includes("set-key"));
  const isThere = findings.every(({ code }) => code !== "missing" && !code.startsWith("key-file-"));
  if (last === undefined || isComplete || !isThere) {
    return checks;
  }
  const isInConfig = keySource.startsWith(`${basename(path)} line `);
  const place = printable(isInConfig ? join(dirname(path), keySource) : keySource, 4096);
  const now = config.controlPlane.credential === undefined ? " No restart is needed." : "";
  const remedy = inPlace<Remedy>({
    host: [
      ...steps,
      step(
        `The key is in ${place}.${now} To put the whole key there in place of it, run:`,
        forAgent("set-key"),
      ),
    ],
    pod: [...steps, step(`The key is in ${place}, which is of its Secret.`)],
  });
  return checks.map((check) => (check === last ? { ...check, remedy } : check));
}

function findingsOf(loaded: Loaded): readonly KeyFinding[] {
  return loaded.verdict === "invalid" ? [] : loaded.findings;
}

function ofFinding(stage: Check["stage"], { severity, problem, remedy }: KeyFinding, subject: string): Check {
  return {
    stage,
    status: severity === "warning" ? "warning" : "bad",
    detail: `${subject} ${problem}`,
    remedy,
  };
}

/** A check has its remedy in a field of its own. */
function detailOf(issue: ConfigIssue): string {
  return formatIssue({ ...issue, remedy: "" }).replace(/\.\s*$/u, "");
}

/** A stage that was not checked; `detail` is the reason, as a clause. */
export function unchecked(stage: Check["stage"], detail: string): Check {
  return { stage, status: "unknown", detail: `not checked: ${detail}` };
}

function split<Item>(
  items: readonly Item[],
  isFirst: (item: Item) => boolean,
): readonly [readonly Item[], readonly Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
