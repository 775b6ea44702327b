import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { createExchanges } from "../../../src/agent/daemon/exchanges.ts";
import { WITHOUT_NODES } from "../../../src/agent/daemon/nodes-part.ts";
import type { SyncOutcome } from "../../../src/agent/sync/answer/sync-outcome.ts";
import type { SyncClient } from "../../../src/agent/sync/sync-client.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { pass, useFakeTime } from "../../support/agent/fake-time.ts";
import { accepted, fileWith } from "../../support/agent/loaded.ts";
import { makeKey } from "../../support/keys.ts";

const GENERATION = { id: 1, file: "agent.toml", ...fileWith(makeKey()) };

/** An exchange whose request is answered when the test wants it. */
function exchange() {
  const given: AbortSignal[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<SyncOutcome>();
  const client: SyncClient = {
    async sync(_request, signal) {
      given.push(signal);
      const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      return Promise.race([promise, aborted]);
    },
    currentKey: async () => undefined,
    signOff: async () => undefined,
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
  return { exchanges, end, answer, isAborted: () => given.at(-1)?.aborted };
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

it("a request leaves nothing on the signal of the stop", async () => {
  const { exchanges, end, answer } = exchange();
  answer(accepted());
  for (let n = 0; n < 5; n += 1) {
    await exchanges.attempt(GENERATION, end.signal);
  }
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
});
