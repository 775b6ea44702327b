/** A kind of line that is not TOML. */
export interface SyntaxRule {
  readonly code: string;
  readonly pattern: RegExp;
  /** Finds the place of the mistake. Without it, the place is where the parser stopped. */
  readonly at?: RegExp;
  readonly problem: string;
  /** `NAME` stands for the name of the setting. */
  readonly remedy: string;
  /** The value has no quotes that hold it together: its setting tells what to write. */
  readonly isBare?: true;
}

const QUOTE_IT = 'Put the value in double quotes: NAME = "…".';

/** What people write out of habit from other formats. The first rule that matches applies. */
export const LINE_RULES: readonly SyntaxRule[] = [
  {
    code: "shell-syntax",
    pattern: /^\s*(export|set|let|const|var)\s+[\w.-]+\s*=/u,
    at: /\S/u,
    problem: "starts with a word of the shell or of a programming language",
    remedy: 'Write only the name, then = and the value: NAME = "…".',
  },
  {
    code: "colon",
    pattern: /^\s*["']?[\w.-]+["']?\s*:/u,
    at: /:/u,
    problem: "has a colon after the name, as in YAML or JSON",
    remedy: 'Write an equals sign: NAME = "…".',
  },
  {
    code: "comment-syntax",
    pattern: /^\s*(\/\/|\/\*|;|--|<!--)/u,
    at: /\S/u,
    problem: "is a comment in the syntax of another language",
    remedy: "Start it with #.",
  },
  {
    code: "two-equals",
    pattern: /^\s*[\w."'-]+\s*==/u,
    at: /==/u,
    problem: "has two equals signs",
    remedy: "Keep one.",
  },
  {
    code: "missing-value",
    pattern: /^\s*[\w."'-]+\s*=\s*(#.*)?$/u,
    problem: "has no value after the equals sign",
    remedy: "Write a value, or start the line with #.",
  },
  {
    code: "boolean-case",
    pattern: /=\s*(True|False|TRUE|FALSE|yes|no|on|off|Yes|No|None|null|nil)\s*(#.*)?$/u,
    problem: "has a value that TOML does not know",
    remedy: "Write true or false, a number, or text in double quotes.",
    isBare: true,
  },
  {
    code: "missing-quote",
    pattern: /=\s*"([^"\\]|\\.)*$|=\s*'[^']*$/u,
    at: /(?<==\s*)["']/u,
    problem: "opens a quote that is never closed",
    remedy: "Close it with the same quote, on the same line.",
  },
  {
    code: "text-behind-value",
    pattern: /=\s*("([^"\\]|\\.)*"|'[^']*')\s*[^\s#]/u,
    problem: "has more text after the closing quote",
    remedy: "Delete it: a line ends without comma or semicolon, and a comment starts with #.",
  },
  {
    code: "escape",
    pattern: /=\s*"[^"]*\\[^"]*"/u,
    at: /\\/u,
    problem: "has a backslash that TOML does not allow in double quotes",
    remedy: "Use single quotes, or write the backslash twice.",
  },
  {
    code: "missing-quote",
    pattern: /=\s*[^\s"'[{#][^#]*["']\s*(#.*)?$/u,
    problem: "closes a quote that was never opened",
    remedy: QUOTE_IT,
    isBare: true,
  },
  {
    code: "unquoted-value",
    pattern: /^\s*[\w."'-]+\s*=\s*[^\s"'[{]/u,
    problem: "has a value without quotes",
    remedy: QUOTE_IT,
    isBare: true,
  },
  {
    code: "missing-bracket",
    pattern: /^[^#]*=\s*(\[[^\]]*|\{[^}]*)$|^\s*\[[^\]]*$|^\s*\[\[[^\]]*\]\s*$|^\s*[\w.-]+\]\s*$/u,
    at: /[[{\]]/u,
    problem: "has a bracket without its other half",
    remedy: "Write a table as [control_plane], and a value in quotes.",
  },
  {
    code: "missing-equals",
    pattern: /^\s*[\w.-]+\s+["'\w]|^\s*["']?[\w-]+["']?\s*$/u,
    problem: "has no equals sign after the name, or a name of two words",
    remedy: 'Write NAME = "…": the name in one word, then =.',
  },
];
