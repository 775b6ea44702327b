import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createActivityWriter, moved } from "../../../src/control-plane/executors/activity-writer.ts";
import type { Activity } from "../../../src/control-plane/store/contract/activity.ts";
import { StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";
import { DECLARATION } from "../../support/control-plane/store/new-records.ts";

/** A writer whose store answers as the test says. */
function writing() {
  const batches: (readonly Activity[])[] = [];
  const lines: string[] = [];
  const store = { answer: async (_activities: readonly Activity[]) => {} };
  const recorder = {
    record: async (activities: readonly Activity[]) => {
      batches.push(activities);
      await store.answer(activities);
    },
  };
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const writer = createActivityWriter(recorder, logger);
  const used = (count: number, at = 1) => {
    for (let n = 0; n < count; n += 1) {
      writer.note({ kind: "key-used", keyId: `k${n}`, at });
    }
  };
  return { writer, store, batches, lines, used, sizes: () => batches.map(({ length }) => length) };
}

const failing = (error: Error) => () => Promise.reject(error);
const working = async () => {};

describe("when it is written", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets a second pass, and the writes that it brings come to their end. */
  async function second(): Promise<void> {
    vi.advanceTimersByTime(1000);
    for (let turn = 0; turn < 10; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("is the next second, if it is one transaction's worth", async () => {
    const { writer, used, sizes } = writing();
    writer.start();
    used(500);
    vi.advanceTimersByTime(999);
    expect(sizes()).toEqual([]);
    await second();
    expect(sizes()).toEqual([500]);
    used(1);
    await second();
    expect(sizes()).toEqual([500, 1]);
    await second();
    expect(sizes()).toEqual([500, 1]);
  });

  it("is every fourth second, if it is more", async () => {
    const { writer, used, sizes } = writing();
    writer.start();
    for (const before of [0, 2]) {
      for (let n = 0; n < 3; n += 1) {
        used(501);
        await second();
        expect(sizes()).toHaveLength(before);
      }
      used(501);
      await second();
      expect(sizes()).toHaveLength(before + 2);
    }
    expect(sizes()).toEqual([500, 1, 500, 1]);
  });

  it("is after the write before, however long that takes", async () => {
    const { writer, store, used, sizes } = writing();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    store.answer = () => held;
    writer.start();
    used(1);
    for (let n = 0; n < 6; n += 1) {
      await second();
      used(2);
    }
    expect(sizes()).toEqual([1]);
    store.answer = working;
    release();
    await second();
    await second();
    expect(sizes()).toEqual([1, 2]);
  });

  it("is not made up for all at once when a long one fails", async () => {
    const { writer, store, used, sizes } = writing();
    const { promise: held, reject: fail } = Promise.withResolvers<void>();
    store.answer = () => held;
    writer.start();
    used(1);
    for (let n = 0; n < 6; n += 1) {
      await second();
    }
    store.answer = failing(new Error("on purpose"));
    fail(new Error("on purpose"));
    for (let turn = 0; turn < 10; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sizes()).toEqual([1]);
    store.answer = working;
    await second();
    expect(sizes()).toEqual([1, 1]);
  });

  it("ends with the stop, and leaves no timer", async () => {
    const { writer, used, sizes } = writing();
    writer.start();
    used(1);
    await writer.stop();
    expect(sizes()).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is said once when it fails, with the remedy, and once when it works again", async () => {
    const { writer, store, lines, used, sizes } = writing();
    writer.start();
    await second();
    expect(lines).toEqual([]);
    store.answer = failing(new StoreUnavailable("the disk is full", { remedy: () => "Fix: make room." }));
    used(1);
    await second();
    await second();
    expect(writer.problem).toBe("the disk is full");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 50,
        event: "store.writes-delayed",
        reason: "the disk is full",
        msg: expect.stringMatching(
          /cannot be written: the disk is full\. .* writes again\. Fix: make room\.$/u,
        ),
      },
    ]);
    store.answer = working;
    await second();
    await second();
    expect(writer.problem).toBeUndefined();
    expect(lines.map((line) => JSON.parse(line).event)).toEqual([
      "store.writes-delayed",
      "store.writes-resumed",
    ]);
    expect(sizes()).toEqual([1, 1, 1]);
  });

  it("has a problem also if what failed has no words", async () => {
    const { writer, store, used } = writing();
    store.answer = () => Promise.reject("no error at all");
    writer.start();
    onTestFinished(() => {
      store.answer = working;
      return writer.stop();
    });
    used(1);
    await second();
    expect(writer.problem).toBe("the database fails");
  });

  it("names another failure as it is, without a remedy", async () => {
    const { writer, store, lines, used } = writing();
    store.answer = failing(new Error("on purpose"));
    writer.start();
    onTestFinished(() => {
      store.answer = working;
      return writer.stop();
    });
    used(1);
    await second();
    expect(JSON.parse(lines[0] ?? "").msg).toMatch(/cannot be written: on purpose\. .* writes again\.$/u);
  });
});

describe("what is kept", () => {
  it("is written by one write at a time", async () => {
    const { writer, store, used, sizes } = writing();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    store.answer = () => held;
    used(1);
    const first = writer.flush();
    await new Promise((resolve) => setImmediate(resolve));
    used(2);
    const next = writer.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sizes()).toEqual([1]);
    release();
    await Promise.all([first, next]);
    expect(sizes()).toEqual([1, 2]);
  });

  it("is each move once, also if the write fails in which it was", async () => {
    const { writer, store, batches } = writing();
    const move = (at: number) => moved("e", { kind: "online", at, cause: null, address: null });
    writer.note(move(1));
    store.answer = async () => {
      writer.note(move(2));
      throw new Error("on purpose");
    };
    await expect(writer.flush()).rejects.toThrow("on purpose");
    store.answer = working;
    await writer.flush();
    const transitions = [1, 2].map((at) => ({ kind: "online", at, cause: null, address: null }));
    expect(batches[1]).toEqual([{ kind: "moved", executorId: "e", transitions }]);
  });

  it("is the newest, also if the write of an older one fails while it comes", async () => {
    const { writer, store, batches } = writing();
    const at = (time: number): Activity => ({ kind: "key-used", keyId: "k", at: time });
    writer.note(at(1));
    store.answer = async () => {
      writer.note(at(2));
      throw new Error("on purpose");
    };
    await expect(writer.flush()).rejects.toThrow("on purpose");
    store.answer = working;
    await writer.flush();
    expect(batches).toEqual([[at(1)], [at(2)]]);
  });

  it("says of the use of a key whether the last sync shows it", async () => {
    const { writer, batches } = writing();
    const used = (keyId: string, at: number) => writer.note({ kind: "key-used", keyId, at });
    const synced = (keyId: string, at: number) =>
      writer.note({
        kind: "synced",
        executorId: "e",
        key: { id: keyId, name: keyId, fingerprint: "00000000" },
        declaration: DECLARATION,
        address: null,
        at,
      });
    used("shown", 1);
    synced("shown", 2);
    used("shown at once", 1);
    synced("shown at once", 1);
    used("later", 1);
    synced("later", 1);
    used("later", 2);
    used("newer than its sync", 2);
    synced("newer than its sync", 1);
    used("alone", 1);
    synced("of another", 1);
    await writer.flush();
    const uses = batches.flat().filter((each) => each.kind === "key-used");
    expect(uses.filter(({ isShown }) => isShown === true)).toEqual([
      { kind: "key-used", keyId: "shown", at: 1, isShown: true },
      { kind: "key-used", keyId: "shown at once", at: 1, isShown: true },
    ]);
    expect(uses).toHaveLength(5);
  });

  it("is everything that was not written, and nothing that was", async () => {
    const { writer, store, sizes, batches, used } = writing();
    used(1200);
    store.answer = async () => {
      if (batches.length === 2) {
        throw new Error("on purpose");
      }
    };
    await expect(writer.stop()).rejects.toThrow("on purpose");
    await writer.flush();
    await writer.flush();
    expect(sizes()).toEqual([500, 500, 500, 200]);
    const written = [batches[0], batches[2], batches[3]].flatMap((batch) => batch ?? []);
    expect(new Set(written.map((each) => each.kind === "key-used" && each.keyId)).size).toBe(1200);
  });

  it("is bounded; what is known goes on being updated when it is full", async () => {
    const { writer, store, batches, used } = writing();
    const most = 100_000;
    store.answer = failing(new Error("on purpose"));
    used(most + 1);
    await expect(writer.flush()).rejects.toThrow("on purpose");
    used(most + 1, 2);
    store.answer = working;
    batches.length = 0;
    await writer.flush();
    const written = batches.flat();
    expect(written).toHaveLength(most);
    expect(written.filter((each) => each.kind === "key-used" && each.at === 2)).toHaveLength(most);
  });

  it("is the last twenty moves of each executor, in their order", async () => {
    const { writer, batches } = writing();
    const move = (executorId: string, at: number): Activity => ({
      kind: "moved",
      executorId,
      transitions: [{ kind: "online", at, cause: null, address: null }],
    });
    for (let at = 1; at <= 25; at += 1) {
      writer.note(move("e1", at));
    }
    writer.note(move("e2", 1));
    await writer.flush();
    const [first, second] = batches[0] ?? [];
    const times = (activity: Activity | undefined) =>
      activity?.kind === "moved" ? activity.transitions.map(({ at }) => at) : [];
    expect(times(first)).toEqual(Array.from({ length: 20 }, (_, n) => n + 6));
    expect(times(second)).toEqual([1]);
  });

  it("is one of each kind for each key and executor", async () => {
    const { writer, batches } = writing();
    const executorKey = { id: "k", name: "prod", fingerprint: "00000000" };
    const refusal = { reason: "revoked", message: "m", address: null, at: 1 };
    const all = (id: string): readonly Activity[] => [
      { kind: "key-used", keyId: id, at: 1 },
      { kind: "refused", executorId: id, refusal: { ...refusal, key: executorKey } },
      { kind: "key-refused", keyId: id, refusal: { ...refusal, executorId: null } },
      { kind: "stopped", executorId: id, at: 1 },
      { kind: "moved", executorId: id, transitions: [] },
    ];
    for (const activity of [...all("a"), ...all("b"), ...all("a")]) {
      writer.note(activity);
    }
    await writer.flush();
    expect(batches[0]).toHaveLength(10);
    const kinds = batches[0]?.map(({ kind }) => kind) ?? [];
    expect(kinds).toEqual([...kinds].sort());
  });
});
