import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { utcTime } from "../../lib/clock.ts";
import { inTime } from "../../lib/files/file-answer.ts";
import { printable } from "../../lib/printable.ts";
import { asRoot, inPlace, shellWord } from "../../lib/shell-word.ts";
import { type Step, step } from "../../lib/text/remedy.ts";
import type { ConfigIssue } from "./issue/config-issue.ts";
import { parseConfig } from "./parse-config.ts";

/** What another program wrote in place of the whole file. */
const REPLACED: ReadonlySet<string> = new Set([
  "empty",
  "not-toml",
  "own-output",
  "tool-output",
  "http-answer",
  "web-page",
]);
const MAX_FILES = 20;
const MAX_BYTES = 256 * 1024;
/** Swap files of editors, and files of the package. */
const NO_COPY = /\.(?:sw[a-z]|dpkg-(?:dist|new|tmp)|toml\.folder|lock)$/u;

/** The issue with the newest valid copy of the file beside it, if something replaced the file. */
export async function withEarlierFile(issues: readonly ConfigIssue[]): Promise<readonly ConfigIssue[]> {
  const [issue, ...more] = issues;
  if (issue === undefined || more.length > 0 || !REPLACED.has(issue.code)) {
    return issues;
  }
  // The agent reads the file, too, and must not wait for a folder that hangs.
  const found = await inTime(issue.file, () => earlierFile(issue.file)).catch(() => undefined);
  const steps = inPlace({ host: found, pod: undefined });
  return steps === undefined ? issues : [{ ...issue, remedy: steps }];
}

async function earlierFile(path: string): Promise<readonly Step[] | undefined> {
  const names = await readdir(dirname(path)).catch(() => []);
  const own = basename(path);
  const copies = await Promise.all(
    names
      .filter(
        (name) => name !== own && (name.startsWith(own) || name.startsWith(`.${own}`)) && !NO_COPY.test(name),
      )
      .sort()
      .slice(0, MAX_FILES)
      .map((name) => validCopy(join(dirname(path), name))),
  );
  const [newest] = copies
    .flatMap((copy) => (copy === undefined ? [] : [copy]))
    .sort((a, b) => b.writtenAt - a.writtenAt);
  return (
    newest && [
      step(
        `${printable(newest.path, 400)}, beside it, is a valid file, last written at ${utcTime(newest.writtenAt)}. To put its content back, run:`,
        // Into the present file, which keeps its owner and its mode.
        asRoot(`cp ${shellWord(newest.path)} ${shellWord(path)}`),
      ),
    ]
  );
}

async function validCopy(
  path: string,
): Promise<{ readonly path: string; readonly writtenAt: number } | undefined> {
  // Another name could not be copied from a command as it is.
  const isShown = printable(path, 400) === path;
  const stats = isShown ? await stat(path).catch(() => undefined) : undefined;
  if (stats === undefined || !stats.isFile() || stats.size > MAX_BYTES) {
    return undefined;
  }
  const text = await readFile(path, "utf8").catch(() => "");
  const { kind } = await parseConfig(text, path);
  return kind === "valid" ? { path, writtenAt: stats.mtimeMs } : undefined;
}
