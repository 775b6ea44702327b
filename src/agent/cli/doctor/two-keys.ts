import type { KeyCandidate, TwoKeys } from "../../config/two-keys.ts";
import { checkConnection, connectionUnchecked } from "../../doctor/check-connection.ts";
import type { Answer } from "../../doctor/connection/exchange.ts";
import type { Check } from "../../doctor/examination.ts";
import type { Patience } from "../../systemd/settled-unit.ts";
import { commandRoute } from "../key/ask-control-plane.ts";
import { connectionTo } from "./connection.ts";
import type { Subject } from "./subject.ts";

const OTHER = { access_token: "access_token_file", access_token_file: "access_token" } as const;

/** What the control plane says of the two keys in a configuration. */
export interface TwoKeyVerdicts {
  readonly checks: readonly Check[];
  /** Which of the two lines to delete: a sentence. */
  readonly remedy: string;
}

interface Judged {
  readonly candidate: KeyCandidate;
  /** Undefined if the key is unusable, or if the control plane did not answer for the first one. */
  readonly answer: Answer | undefined;
}

/** Asks the control plane which of the two keys it accepts. */
export async function judgeTwoKeys(
  { config, lines, candidates }: TwoKeys,
  subject: Subject,
  patience: Patience,
): Promise<TwoKeyVerdicts> {
  const route = commandRoute("Run doctor again");
  const judged: Judged[] = [];
  let way: readonly Check[] | undefined;
  let isReached = true;
  for (const candidate of candidates) {
    const { key, keySource, findings } = candidate;
    if (key === undefined || !isReached) {
      judged.push({ candidate, answer: undefined });
      continue;
    }
    const question = { config, key, keySource, findings, lines, path: subject.path, route };
    const connection = await connectionTo(question, subject, patience);
    isReached = connection.answer.kind !== "unreachable";
    way ??= checkConnection(connection);
    judged.push({ candidate, answer: isReached ? connection.answer : undefined });
  }
  const others = (way ?? connectionUnchecked("neither key is usable")).filter(
    ({ stage, status }) => stage !== "authentication" || status === "unknown",
  );
  return { checks: [...others, ...judged.flatMap(keyCheck)], remedy: remedyFor(judged, isReached) };
}

function keyCheck({ candidate, answer }: Judged): readonly Check[] {
  const { setting, key, findings } = candidate;
  const remedy = `Delete the line ${setting}.`;
  if (key === undefined) {
    const problem = findings.find(({ severity }) => severity === "refused")?.problem ?? "is not usable";
    return [{ stage: "key", status: "bad", detail: `${setting}: the key ${problem}`, remedy }];
  }
  switch (answer?.kind) {
    case "accepted":
      return [{ stage: "authentication", status: "ok", detail: `${setting}: ${key} is ${answer.detail}` }];
    case "refused":
      return [{ stage: "authentication", status: "bad", detail: `${setting}: ${answer.detail}`, remedy }];
    default:
      return [];
  }
}

function remedyFor(judged: readonly Judged[], isReached: boolean): string {
  const usable = judged.filter(({ candidate }) => candidate.key !== undefined);
  const accepted = judged.filter(({ answer }) => answer?.kind === "accepted");
  const [good] = accepted.length === 0 && !isReached ? usable : accepted;
  if (good !== undefined && (accepted.length === 1 || usable.length === 1)) {
    const { setting } = good.candidate;
    const why = accepted.length === 1 ? "is accepted" : "is the usable one";
    return `Delete the line ${OTHER[setting]}: the key of ${setting} ${why}.`;
  }
  if (accepted.length > 1) {
    return "Delete one of the two lines: both keys are accepted.";
  }
  return isReached
    ? "Delete both lines, and put in a working key: neither of the two works."
    : "Delete the line that you do not want. Which key is accepted is unknown while the control plane does not answer.";
}
