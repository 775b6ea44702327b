import { KEY_LETTERS, KEY_PREFIX } from "../../protocol/key-shape.ts";
import { type OddCode, oddCharacter, withoutOddCharacters } from "./odd-character.ts";
import { refusal, shifted, type UnplacedFinding, warning } from "./unplaced-finding.ts";

const WHOLE_KEY_AND_MORE = new RegExp(`^(${KEY_PREFIX}[A-Za-z]{${KEY_LETTERS}})\\s+\\S`, "u");

const COPY_AGAIN = "Copy the key again from where it was shown.";
const REMEDIES: Readonly<Record<OddCode, string>> = {
  "inner-whitespace": "Delete it; if a part of the key is missing there, copy the key again.",
  "line-break": "Join the lines: a key is a single line. A narrow terminal or an e-mail may have wrapped it.",
  "control-character": "Delete it, or copy the key again: the paste contains a key press of the terminal.",
  "unicode-space": "Delete it: it looks like a space, and often comes from a web page or a document.",
  "invisible-character": "It is invisible: delete the whole value, then paste the key again as plain text.",
  "bidi-mark": "It is invisible: delete the whole value, then paste the key again as plain text.",
  "smart-quote": "Delete it: a word processor or a chat program made it from a plain quote.",
  "inner-quote": "Delete it, and everything else that is not part of the key.",
  "look-alike": "It only looks like a Latin letter: copy the key again as plain text.",
  "lost-character": "A character was lost when the file was saved: copy the key again and save it as UTF-8.",
  "non-ascii": COPY_AGAIN,
};

type PrefixFinding = readonly [pattern: RegExp, code: string, problem: string, remedy: string];
const WRONG_PREFIX: PrefixFinding = [
  /^/u,
  "prefix-wrong",
  "does not start with exc_, as every executor key does",
  "Put the executor key here.",
];
const PREFIX_FINDINGS: readonly PrefixFinding[] = [
  [
    /^exc_/iu,
    "prefix-case",
    "has its prefix in upper case, but every key starts with exc_",
    "Write the prefix in lower case. If the case of the whole key changed, copy it again.",
  ],
  [
    /^(exc[-. :~]|exc(?=[A-Za-z]{60,})|[a-z]{2,4}_(?=[A-Za-z]{60,}$))/u,
    "prefix-typo",
    "has a prefix that is almost exc_, but not quite",
    "Write the prefix as exc_.",
  ],
  [
    new RegExp(`^(c?_)?[A-Za-z]{${KEY_LETTERS}}$`, "u"),
    "prefix-missing",
    "lacks all or part of the prefix exc_",
    "Put exc_ before it, or copy the key again.",
  ],
];

/** Finds text around the key, characters that no key contains, and a wrong prefix. */
export function characterFindings(text: string): readonly UnplacedFinding[] {
  const at = text.indexOf(KEY_PREFIX);
  const isTextInFront = at > 0 && withoutOddCharacters(text.slice(0, at)) !== "";
  if (isTextInFront) {
    const count = `${at} character${at === 1 ? "" : "s"}`;
    const front = refusal("text-in-front", `has ${count} before exc_`, "Delete everything before exc_.", 0);
    return [front, ...shifted(characterFindings(text.slice(at)), at)];
  }
  const whole = text.match(WHOLE_KEY_AND_MORE)?.[1]?.length;
  if (whole !== undefined) {
    const remedy = "Delete everything after the key.";
    return [refusal("text-behind", `has more text after its ${KEY_LETTERS} letters`, remedy, whole)];
  }
  const runs = oddRuns(text);
  return [
    ...oddFindings(runs, text),
    ...prefixFindings(runs.length === 0 ? text : withoutOddCharacters(text)),
  ];
}

/** Reports each kind once, at its first place. */
function oddFindings(runs: readonly Run[], text: string): readonly UnplacedFinding[] {
  const byCode = Map.groupBy(runs, (run) => run.code);
  return [...byCode.values()].flatMap(([first, ...more]) => {
    if (first === undefined) {
      return [];
    }
    const spotted = spot(first, text);
    if (more.length === 0) {
      return [spotted];
    }
    const places = `${more.length} more ${more.length === 1 ? "place" : "places"}`;
    return [{ ...spotted, problem: `${spotted.problem} and in ${places}` }];
  });
}

/** Warns of an unusual alphabet or length. The control plane decides whether the key is valid. */
export function shapeFindings(key: string): readonly UnplacedFinding[] {
  const letters = key.slice(KEY_PREFIX.length);
  const findings: UnplacedFinding[] = [];
  const others = letters.match(/[^A-Za-z]/gu)?.length ?? 0;
  if (others > 0) {
    const index = KEY_PREFIX.length + letters.search(/[^A-Za-z]/u);
    const what = others === 1 ? "a character that is" : `${others} characters that are`;
    const problem = `has ${what} not a letter, ${others === 1 ? "" : "the first "}after character ${index}`;
    findings.push(
      warning(
        "unusual-alphabet",
        problem,
        "Compare it with the key as it was shown when it was created.",
        index,
      ),
    );
  }
  if (letters.length !== KEY_LETTERS) {
    const isShort = letters.length < KEY_LETTERS;
    const why = isShort ? "probably cut off when copied" : "probably something else was pasted with it";
    const count = `${letters.length} character${letters.length === 1 ? "" : "s"} after exc_`;
    const problem = `has ${count}, but a key has ${KEY_LETTERS}: ${why}`;
    findings.push(
      warning("unusual-length", problem, COPY_AGAIN, isShort ? key.length : KEY_PREFIX.length + KEY_LETTERS),
    );
  }
  return findings;
}

/** Neighbouring odd characters of one kind. */
interface Run {
  readonly code: OddCode;
  /** The name of the run's first character. */
  readonly name: string;
  readonly index: number;
  readonly length: number;
}

/**
 * Joins neighbours of one kind. White space that contains a line break counts as a line break,
 * because the key was wrapped and indented.
 */
function oddRuns(text: string): readonly Run[] {
  const runs: Run[] = [];
  let index = 0;
  for (const character of text) {
    const odd = oddCharacter(character);
    const last = runs.at(-1);
    const isNeighbour = last !== undefined && last.index + last.length === index;
    if (odd !== undefined && isNeighbour && isSameKind(last, odd.code)) {
      const isBreak = odd.code === "line-break" && last.code !== "line-break";
      const named = isBreak ? { code: odd.code, name: odd.name } : {};
      runs[runs.length - 1] = { ...last, ...named, length: last.length + character.length };
    } else if (odd !== undefined) {
      runs.push({ ...odd, index, length: character.length });
    }
    index += character.length;
  }
  return runs;
}

function isSameKind(run: Run, code: OddCode): boolean {
  const isSpace = (kind: OddCode) => kind === "inner-whitespace" || kind === "line-break";
  return run.code === code || (isSpace(run.code) && isSpace(code));
}

function spot(run: Run, text: string): UnplacedFinding {
  const before = Array.from(text.slice(0, run.index)).length;
  const isEnd = run.index + run.length === text.length;
  const where = before === 0 ? "at its start" : isEnd ? "at its end" : `after character ${before}`;
  const what = run.code === "line-break" ? "a line break" : run.name;
  return {
    code: run.code,
    severity: "refused",
    problem: `has ${what} ${where}`,
    remedy: REMEDIES[run.code],
    index: run.index,
  };
}

/** `text` contains no odd characters. */
function prefixFindings(text: string): readonly UnplacedFinding[] {
  if (text.startsWith(KEY_PREFIX)) {
    return [];
  }
  const [, ...sentences] = PREFIX_FINDINGS.find(([pattern]) => pattern.test(text)) ?? WRONG_PREFIX;
  return [refusal(...sentences, 0)];
}
