import { edgeFindings, withoutEdges } from "./edge-space.ts";
import { ExecutorKey } from "./executor-key.ts";
import type { KeyFinding } from "./finding.ts";
import { characterFindings, shapeFindings } from "./key-characters.ts";
import { unwrapKey } from "./key-wrapping.ts";
import { notAKey } from "./not-a-key.ts";
import { repeatedKey } from "./repeated-key.ts";
import { refusal, shifted, type UnplacedFinding } from "./unplaced-finding.ts";

/**
 * Where a key was found: `config` is the string value of `access_token`; `key-file` is the whole text of a key file and
 * `input` what came from stdin or a prompt, where one line end is normal.
 */
export type KeyOrigin =
  | { readonly kind: "config" }
  | { readonly kind: "key-file" }
  | { readonly kind: "input" };

export interface KeyDiagnosis {
  /** Only where nothing was refused: the key as it is sent, freed of white space at its ends. */
  readonly key: ExecutorKey | undefined;
  /** Refusals first. */
  readonly findings: readonly KeyFinding[];
}

/** Maps an index into the text that is diagnosed to its 1-based place in the file. */
export type Locate = (index: number) => { readonly line: number; readonly column: number };

/** Eight times a usual key. Nothing longer is looked at in detail. */
const MAX_LENGTH = 512;

/**
 * What is wrong or odd with a key before it is sent, as sentences that hold no character of it beyond `exc_`.
 * White space at the ends is said and taken off; anything else that could not have been meant is refused, so that a
 * damaged key is named here and does not come back as a 401. Pure.
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
  const findings = [...refusals, ...around, ...shape].map((spotted) => placed(spotted, place));
  return { key: isRefused ? undefined : new ExecutorKey(core), findings };
}

/** Every reason not to send `core`, from the outside in; indexes into `core`. */
function refuse(core: string): readonly UnplacedFinding[] {
  if (core.length > MAX_LENGTH) {
    return [tooLong(core)];
  }
  const { wrappings, start, end } = unwrapKey(core);
  const found: UnplacedFinding[] = wrappings.map((wrapping) => ({ ...wrapping, severity: "refused" }));
  const inner = core.slice(start, end);
  if (inner === "" || /^exc_?$/u.test(inner)) {
    const problem = inner === "" ? "has nothing inside" : "is cut off right behind its prefix";
    return [...found, refusal("empty", problem, "Copy the key again, whole.", start)];
  }
  const other = notAKey(inner) ?? repeatedKey(inner);
  if (other !== undefined) {
    return [...found, { ...other, severity: "refused", index: start }];
  }
  return [...found, ...shifted(characterFindings(inner), start)];
}

function empty(body: string): UnplacedFinding {
  const problem = body === "" ? "is empty" : "is nothing but white space";
  return refusal("empty", problem, "Put the executor key here: it starts with exc_.", 0);
}

function tooLong(core: string): UnplacedFinding {
  const other = notAKey(core.slice(0, MAX_LENGTH));
  if (other?.code === "pem" || other?.code === "foreign-secret") {
    return { ...other, severity: "refused", index: 0 };
  }
  const problem = `is ${core.length} characters long, where a key has 68`;
  return refusal("too-long", problem, "Leave only the key: exc_ and 64 letters.", 0);
}

function placed({ index, ...finding }: UnplacedFinding, locate: Locate | undefined): KeyFinding {
  if (locate === undefined) {
    return finding;
  }
  const { line, column } = locate(index);
  return { ...finding, problem: `${finding.problem} (line ${line}, column ${column})`, line, column };
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
