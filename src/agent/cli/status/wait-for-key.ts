import { delay } from "../../../lib/delay.ts";
import { keyIs } from "../../daemon/status/status.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";

/** How long one request stays open, ms. The agent answers as soon as it uses the key. */
const SLICE_MS = 30_000;
/** Between two requests, ms: an agent may answer at once although it was asked to wait. */
const PAUSE_MS = 200;

/**
 * Resolves with the agent's answer once the executor is online with this key, else with the last
 * answer after `timeoutMs`. Waits through a restart of the agent.
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
