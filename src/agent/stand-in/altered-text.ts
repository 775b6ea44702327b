import type { StandIn } from "./stand-in.ts";

/** Text to which a tool, a mail or a chat added something. `index` is where it shows. */
export interface AlteredText extends StandIn {
  readonly index: number;
}

interface Alteration extends StandIn {
  /** The index at which it shows; undefined if the text is not altered in this way. */
  readonly find: (text: string) => number | undefined;
}

const first = (pattern: RegExp) => (text: string) => {
  const index = text.search(pattern);
  return index === -1 ? undefined : index;
};

/** All lines that are not empty have `pattern`; there is at least one. */
const onEveryLine = (pattern: RegExp) => (text: string) =>
  linesOf(text).length > 0 && linesOf(text).every((line) => pattern.test(line)) ? 0 : undefined;

const COPY_THE_FILE = "Copy the file itself again.";

/** The first that applies is said. */
const ALTERATIONS: readonly Alteration[] = [
  {
    find: (text) => (/^(?:={7}|>{7})/mu.test(text) ? first(/^<{7}(?: |$)/mu)(text) : undefined),
    code: "merge-marks",
    problem: "has the marks of a merge conflict (<<<<<<<, =======, >>>>>>>)",
    remedy: "Keep one of the versions, and delete the lines with the marks.",
  },
  {
    find: (text) => first(/^(?:diff --git |@@ -\d+(?:,\d+)? \+\d)/mu)(text) ?? allAdded(text),
    code: "diff",
    problem: "is a diff: each line has a + or - in front",
    remedy: "Apply it with patch, or copy the file itself.",
  },
  {
    find: (text) => (isNumbered(text) ? 0 : undefined),
    code: "line-numbers",
    problem: "has a line number in front of each line, as cat -n and grep -n print it",
    remedy: "Copy it again without the numbers.",
  },
  {
    find: onEveryLine(/^>/u),
    code: "quoted-mail",
    problem: "has > in front of each line, as in the reply to an e-mail",
    remedy: "Delete the > of each line.",
  },
  {
    find: (text) => first(/^(?:```|~~~)[\w-]*\s*$/mu)(text),
    code: "markdown",
    problem: "has a fence of Markdown (```)",
    remedy: "Delete the lines with the fences.",
  },
  {
    find: (text) =>
      first(/^(?:sudo )?(?:cat|tee)\b[^\n]{0,200}<<-?\s*["']?\w+|^(?:EOF|EOT|EOL|HEREDOC)\s*$/mu)(text),
    code: "here-document",
    problem: "has a line of a shell's here-document (such as EOF)",
    remedy: "Delete the line.",
  },
  {
    find: first(/^(?:[\w.-]+@[\w.-]+:\S*[$#] |\$ )(?:sudo |cat |echo )/mu),
    code: "shell-prompt",
    problem: "has the prompt and the command of a shell",
    remedy: "Keep only what the command printed.",
  },
  {
    // The terminal's escape character, or any other that is no white space.
    find: first(/[^\P{Cc}\s]\[[0-9;]{1,10}m/u),
    code: "terminal-colours",
    problem: "has the colours of a terminal in it",
    remedy: "Write it again without colours, such as with cat.",
  },
  {
    find: (text) => (/\n[ \t\r]*\S/u.test(text) ? undefined : first(/\\n\s*[\w[#"]/u)(text)),
    code: "escaped-line-ends",
    problem: "is a single line in which line ends are written as \\n",
    remedy: "Write each line on its own: printf '%b' turns \\n into a line end.",
  },
  {
    find: first(/^\{\\rtf/u),
    code: "rich-text",
    problem: "is a document of a word processor (RTF)",
    remedy: "Save it as plain text.",
  },
  {
    find: first(/^(?:#cloud-config|Content-Type: |MIME-Version: |From: )/u),
    code: "wrapper",
    problem: "is a file of cloud-init or an e-mail, with the file somewhere inside",
    remedy: COPY_THE_FILE,
  },
  {
    find: first(/(?:^|=\s*)&(?:quot|apos|#3[49]|lt);/mu),
    code: "html-entities",
    problem: "has characters in the spelling of HTML, such as &quot;",
    remedy: COPY_THE_FILE,
  },
];

/** What was added to a text that is not as it should be; undefined if nothing is known. */
export function alteredText(text: string): AlteredText | undefined {
  for (const { find, code, problem, remedy } of ALTERATIONS) {
    const index = find(text);
    if (index !== undefined) {
      return { code, problem, remedy, index };
    }
  }
  return undefined;
}

function allAdded(text: string): number | undefined {
  const lines = linesOf(text);
  const isAll = lines.length > 1 && lines.every((line) => /^[+-]/u.test(line));
  return isAll && lines.some((line) => line.startsWith("+")) ? 0 : undefined;
}

/** Whether each line begins with its number: 1, 2, 3, … */
function isNumbered(text: string): boolean {
  const lines = linesOf(text);
  let last: number | undefined;
  for (const line of lines) {
    const number = Number(
      /^\s{0,8}(\d{1,6})(?:\t|[:|\u2502]| {2,}| +[|\u2502])/u.exec(line)?.[1] ?? Number.NaN,
    );
    if (Number.isNaN(number) || (last !== undefined && number <= last)) {
      return false;
    }
    last = number;
  }
  return last !== undefined;
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/u).filter((line) => line.trim() !== "");
}
