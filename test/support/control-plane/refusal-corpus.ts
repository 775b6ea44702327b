import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "../../../src/agent/sync/answer/http-answer.ts";

/**
 * What control planes, gateways, proxies, APIs and portals answer to a key that they do not accept:
 * refusal-corpus.tsv, one answer a line. `expected` is how the agent judges it while it knows
 * nothing of the origin:
 *
 * - `refused`, `forbidden`: a verdict on the key;
 * - `refused-in-doubt`, `forbidden-in-doubt`: a verdict that has the form of the product's, but may
 *   be somebody else's;
 * - `alike`: the same, and it is somebody else's. These cannot be told apart;
 * - `foreign`: somebody else answered;
 * - `changed`: the control plane did not get the key that was sent;
 * - `limit`: too many requests;
 * - any other: the cause of an `unreachable`.
 */
export interface CorpusRow {
  readonly expected: string;
  readonly who: string;
  readonly answer: Pick<Answer, "status" | "headers" | "body">;
}

/** Of the key that the corpus was made for. */
export const CORPUS_FINGERPRINT = "9f2c01ab";

const [, ...lines] = readFileSync(join(import.meta.dirname, "refusal-corpus.tsv"), "utf8")
  .trimEnd()
  .split("\n");

export const REFUSAL_CORPUS: readonly CorpusRow[] = lines.map((line) => {
  const [expected = "", status, who = "", headers = "", body = ""] = line.split("\t");
  return { expected, who, answer: { status: Number(status), headers: headersOf(headers), body } };
});

function headersOf(text: string): Answer["headers"] {
  const pairs = text.split(/; (?=[a-z-]+: )/u).map((header) => {
    const at = header.indexOf(": ");
    return [header.slice(0, at), header.slice(at + 2)];
  });
  return Object.fromEntries(pairs);
}
