import { edgeFindings, withoutEdges } from "./edge-space.ts";
import { ExecutorKey } from "./executor-key.ts";
import type { KeyFinding } from "./finding.ts";
import { characterFindings, shapeFindings } from "./key-characters.ts";
import { keyInText } from "./key-in-text.ts";
import { unwrapKey } from "./key-wrapping.ts";
import { notAKey, notAKeyFile } from "./not-a-key.ts";
import { repeatedKey } from "./repeated-key.ts";
import { refusal, shifted, type UnplacedFinding } from "./unplaced-finding.ts";

/**
 * Where the text comes from. `config`: the value of `control_plane.access_token`. `key-file`: the
 * whole text of a key file. `input`: stdin or a prompt. The last two may end with one line end.
 */
export type KeyOrigin =
  | { readonly kind: "config" }
  | { readonly kind: "key-file" }
  | { readonly kind: "input" };

/** What `diagnoseKey` found. */
export interface KeyDiagnosis {
  /** The key as it is sent, without white space around it; undefined if anything was refused. */
  readonly key: ExecutorKey | undefined;
  /** Refusals first. */
  readonly findings: readonly KeyFinding[];
}

/** Converts an index into the diagnosed text to its place in the file. Both numbers are 1-based. */
export type Locate = (index: number) => { readonly line: number; readonly column: number };

/** A key has 68 characters. A text longer than this is not examined in detail. */
const MAX_LENGTH = 512;

/**
 * Finds what is wrong or odd with a key before it is sent. White space around it is reported and
 * removed. Anything else that nobody can have intended is refused, so that a damaged key is
 * explained here instead of by a 401. No finding contains a character of the key beyond `exc_`.
 * Pure.
 */
export function diagnoseKey(text: string, origin: KeyOrigin, locate?: Locate): KeyDiagnosis {
  const skipped = origin.kind !== "config" && text.startsWith("\ufeff") ? 1 : 0;
  const body = origin.kind === "config" ? text : text.slice(skipped).replace(/\r?\n$/u, "");
  const edges = withoutEdges(body);
  const core = body.slice(edges.start, edges.end);

  const isEmpty = core.trim() === "";
  const refusals = isEmpty ? [empty(body)] : shifted(refuse(core), edges.start);
  const isRefused = refusals.length > 0;
  const around = isEmpty ? [] : edgeFindings(body, edges, isRefused);
  const shape = isRefused ? [] : shifted(shapeFindings(core), edges.start);
  const inFile: Locate | undefined = locate && ((index) => locate(index + skipped));
  const place = inFile ?? (origin.kind === "key-file" ? locateInText(body) : undefined);
  const saidLine = origin.kind === "config" ? inFile?.(0).line : undefined;
  const findings = [...refusals, ...around, ...shape].map((finding) => placed(finding, place, saidLine));
  return { key: isRefused ? undefined : new ExecutorKey(core), findings };
}

/** Every reason not to send `core`, from its edges inwards. Indexes point into `core`. */
function refuse(core: string): readonly UnplacedFinding[] {
  const whole = notAKeyFile(core);
  if (whole !== undefined) {
    return [{ ...whole, severity: "refused" }];
  }
  const among = keyInText(core);
  if (among !== undefined) {
    return [among];
  }
  if (core.length > MAX_LENGTH) {
    return [tooLong(core)];
  }
  const { wrappings, start, end } = unwrapKey(core);
  const found: UnplacedFinding[] = wrappings.map((wrapping) => ({ ...wrapping, severity: "refused" }));
  const inner = core.slice(start, end);
  if (inner === "" || /^exc_?$/u.test(inner)) {
    const problem = inner === "" ? "contains nothing" : "is cut off directly after its prefix";
    return [...found, refusal("empty", problem, "Copy the whole key again.", start)];
  }
  const other = notAKey(inner) ?? repeatedKey(inner);
  if (other !== undefined) {
    return [...found, { ...other, severity: "refused", index: start }];
  }
  return [...found, ...shifted(characterFindings(inner), start)];
}

function empty(body: string): UnplacedFinding {
  const problem = body === "" ? "is empty" : "contains only white space";
  return refusal("empty", problem, "Put the executor key here: it starts with exc_.", 0);
}

function tooLong(core: string): UnplacedFinding {
  const other = notAKey(core.slice(0, MAX_LENGTH));
  if (other?.code === "pem" || other?.code === "foreign-secret") {
    return { ...other, severity: "refused", index: 0 };
  }
  const problem = `is ${core.length} characters long, but a key has 68`;
  return refusal("too-long", problem, "Keep only the key: exc_ and 64 letters.", 0);
}

/**
 * `saidLine` is the line that the name of the key's source contains already. It is not repeated.
 */
function placed(
  { index, ...finding }: UnplacedFinding,
  locate: Locate | undefined,
  saidLine: number | undefined,
): KeyFinding {
  if (locate === undefined) {
    return finding;
  }
  const { line, column } = locate(index);
  const place = line === saidLine ? `column ${column}` : `line ${line}, column ${column}`;
  return { ...finding, problem: `${finding.problem} (${place})`, line, column };
}

function locateInText(text: string): Locate {
  return (index) => {
    const lines = text
      .slice(0, index)
      .replace(/^\ufeff/u, "")
      .split("\n");
    return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
  };
}
