import { describe, expect, it } from "vitest";
import { HashingQueue, type Place } from "../../src/control-plane/hashing-queue.ts";

const network = (name: string | number): Place => ({ kind: "network", network: `10.0.0.${name}` });
const device = (id: string | number): Place => ({ kind: "device", id: `${id}` });
const operator: Place = { kind: "operator" };
const FULL = { code: "SERVICE_UNAVAILABLE", message: expect.stringContaining("try again") };

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A queue whose work ends when the test says so. */
function startQueue(options: Partial<{ slots: number; places: number }> = {}) {
  const queue = new HashingQueue({ slots: 1, places: 8, ...options });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    queue,
    begun,
    run: (name: string, place: Place, gone?: AbortSignal) =>
      queue.run(
        place,
        async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
          return name;
        },
        gone,
      ),
    async endOne() {
      await settled();
      ends.shift()?.();
      await settled();
    },
  };
}

describe("the queue before the hash", () => {
  it("lets so many work at a time, and the others in their order", async () => {
    const { run, begun, endOne } = startQueue({ slots: 2 });
    const all = [0, 1, 2, 3].map((n) => run(`${n}`, network(n)));
    await settled();
    expect(begun).toEqual(["0", "1"]);
    await endOne();
    expect(begun).toEqual(["0", "1", "2"]);
    for (let n = 0; n < 3; n += 1) await endOne();
    expect(await Promise.all(all)).toEqual(["0", "1", "2", "3"]);
  });

  it("goes on after work that failed", async () => {
    const { queue } = startQueue();
    const failed = queue.run(network(1), () => Promise.reject(new Error("no")));
    const next = queue.run(network(2), async () => "done");
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("done");
  });

  it("lets one of each network wait, and each of the others", async () => {
    const { run, queue, endOne } = startQueue();
    const working = run("a", network(1));
    const waiting = run("b", network(1));
    await expect(run("c", network(1))).rejects.toMatchObject(FULL);
    const other = run("d", network(2));
    expect(queue.length).toBe(2);
    for (let n = 0; n < 3; n += 1) await endOne();
    expect(await Promise.all([working, waiting, other])).toEqual(["a", "b", "d"]);
  });

  it("keeps half of the places for devices, which go first; and the operator before all of them", async () => {
    const { run, begun, queue, endOne } = startQueue();
    const all = [run("working", network(0))];
    for (let n = 1; n <= 4; n += 1) all.push(run(`network ${n}`, network(n)));
    await expect(run("network 5", network(5))).rejects.toMatchObject(FULL);
    for (let n = 1; n <= 4; n += 1) all.push(run(`device ${n}`, device(n)));
    await expect(run("device 1", device(1))).rejects.toMatchObject(FULL);
    await expect(run("device 5", device(5))).rejects.toMatchObject(FULL);
    all.push(run("operator", operator), run("operator", operator));
    expect(queue.length).toBe(10);
    for (let n = 0; n < 11; n += 1) await endOne();
    await Promise.all(all);
    expect(begun).toEqual([
      "working",
      "operator",
      "operator",
      ...[1, 2, 3, 4].map((n) => `device ${n}`),
      ...[1, 2, 3, 4].map((n) => `network ${n}`),
    ]);
  });

  it("gives the place of a client that goes away to the next, and runs nothing for it", async () => {
    const { run, begun, queue, endOne } = startQueue();
    const working = run("a", network(1));
    const client = new AbortController();
    const gone = run("b", network(2), client.signal);
    client.abort();
    await expect(gone).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(queue.length).toBe(0);
    await expect(run("c", network(3), client.signal)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    const next = run("d", network(2));
    await endOne();
    await endOne();
    expect(await Promise.all([working, next])).toEqual(["a", "d"]);
    expect(begun).toEqual(["a", "d"]);
  });

  it("does not lose a place to a client that goes away while it works", async () => {
    const { run, queue, endOne } = startQueue();
    const client = new AbortController();
    const working = run("a", network(1), client.signal);
    const next = run("b", network(2));
    await settled();
    client.abort();
    expect(queue.length).toBe(1);
    await endOne();
    await endOne();
    expect(await Promise.all([working, next])).toEqual(["a", "b"]);
  });
});
