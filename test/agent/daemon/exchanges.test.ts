import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createExchanges } from "../../../src/agent/daemon/exchanges.ts";
import { WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { SyncClient } from "../../../src/agent/sync/sync-client.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SignOffRequest, SyncRequest } from "../../../src/protocol/sync.ts";
import { pass, useFakeTime } from "../../support/agent/fake-time.ts";
import { accepted, fileWith } from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";

const GENERATION = { id: 1, file: "agent.toml", ...fileWith(makeKey()) };

/** An exchange whose request is answered when the test wants it. */
function exchange() {
  const given: AbortSignal[] = [];
  const told: SignOffRequest[] = [];
  const synced: SyncRequest[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<SyncOutcome>();
  const client: SyncClient = {
    async sync(request, signal) {
      synced.push(request);
      given.push(signal);
      const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      return Promise.race([promise, aborted]);
    },
    currentKey: async () => undefined,
    async signOff(request, signal) {
      told.push(request);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return undefined;
    },
    certificate: () => undefined,
    renewConnection: () => {},
    close: async () => {},
  };
  const exchanges = createExchanges(
    () => client,
    () => undefined,
    WITHOUT_NODES,
    undefined,
    systemClock,
  );
  const end = new AbortController();
  return { exchanges, end, answer, told, synced, isAborted: () => given.at(-1)?.aborted };
}

describe("a stop during a request", () => {
  it("gives it a second", async () => {
    useFakeTime();
    const { exchanges, end, isAborted } = exchange();
    const attempt = exchanges.attempt(GENERATION, end.signal);
    await pass(100);
    end.abort();
    await pass(980);
    expect(isAborted()).toBe(false);
    await pass(40);
    expect(isAborted()).toBe(true);
    expect(await attempt).toBeUndefined();
  });

  it("waits for nothing once it has been answered", async () => {
    useFakeTime();
    const { exchanges, end, answer } = exchange();
    const attempt = exchanges.attempt(GENERATION, end.signal);
    await pass(100);
    end.abort();
    answer(accepted());
    expect(await attempt).toMatchObject({ kind: "accepted" });
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("a sign-off is of this instance alone, and waits for at most a second", async () => {
  const timeout = vi.spyOn(AbortSignal, "timeout");
  onTestFinished(() => timeout.mockRestore());
  const { exchanges, end, answer, told, synced } = exchange();
  answer(accepted());
  await exchanges.attempt(GENERATION, end.signal);
  timeout.mockClear();
  // The control plane does not answer.
  await exchanges.signOff(GENERATION);
  const [request] = synced;
  expect(told).toEqual([{ executorName: "agent-1", instanceId: request?.instanceId }]);
  expect(timeout.mock.calls).toEqual([[expect.any(Number)]]);
  expect(timeout.mock.calls[0]?.[0]).toBeLessThanOrEqual(1000);
});

it("a request leaves nothing on the signal of the stop", async () => {
  const { exchanges, end, answer } = exchange();
  answer(accepted());
  for (let n = 0; n < 5; n += 1) {
    await exchanges.attempt(GENERATION, end.signal);
  }
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
});
