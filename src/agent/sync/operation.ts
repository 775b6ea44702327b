import { CURRENT_KEY, SIGN_OFF_EXECUTOR } from "../../protocol/operations.ts";
import {
  type CurrentKeyReply,
  currentKeyReply,
  type SyncReply,
  signOffReply,
  syncReply,
} from "../../protocol/sync.ts";
import { outcomeOfAnswer } from "./answer/answer.ts";
import type { Question } from "./answer/decode-reply.ts";
import { type Judge, rememberLastAnswer } from "./answer/last-answer.ts";

/** A question to the control plane, and what its answers mean. */
export interface Operation<Reply> {
  readonly name: string;
  readonly document: string;
  readonly judge: Judge<Reply>;
}

const SYNC: Question<SyncReply> = { field: "syncExecutor", reply: syncReply };
const CURRENT: Question<CurrentKeyReply> = { field: "currentKey", reply: currentKeyReply };

export const CURRENT_KEY_OPERATION: Operation<CurrentKeyReply> = {
  name: "CurrentKey",
  document: CURRENT_KEY,
  judge: (answer) => outcomeOfAnswer(answer, CURRENT),
};

export const SIGN_OFF_OPERATION: Operation<boolean> = {
  name: "SignOffExecutor",
  document: SIGN_OFF_EXECUTOR,
  judge: (answer) => outcomeOfAnswer(answer, { field: "signOffExecutor", reply: signOffReply }),
};

/** One for each client: it remembers the last answer. */
export function syncOperation(document: string): Operation<SyncReply> {
  const judge = rememberLastAnswer((answer) => outcomeOfAnswer(answer, SYNC));
  return { name: "SyncExecutor", document, judge };
}
