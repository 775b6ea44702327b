import { delay } from "../../../lib/delay.ts";
import { keyIs } from "../../daemon/status/status.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";

/** The agent itself waits, and answers the moment that it is there; this bounds what one question keeps open. */
const SLICE_MS = 30_000;
/** Also for who answers at once, though it was asked to wait. */
const PAUSE_MS = 200;

/**
 * The agent's answer once the executor is online with this key, else its last one when `timeoutMs` is over. An agent
 * that is just being restarted is waited for as well.
 */
export async function waitForKey(
  runtimeDir: string,
  fingerprint: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, Math.round(until - performance.now()));
    const sliceMs = Math.min(SLICE_MS, leftMs);
    const operation = `GET /status?key=${fingerprint}&timeoutMs=${sliceMs}` as const;
    const answer = await askAgent(runtimeDir, operation, sliceMs, signal);
    const isThere = answer.kind === "answered" && keyIs(answer.status, fingerprint);
    if (isThere || leftMs <= 0 || signal.aborted) {
      return answer;
    }
    await delay(PAUSE_MS, signal);
  }
}
