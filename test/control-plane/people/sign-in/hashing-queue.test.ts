import { describe, expect, it } from "vitest";
import { HashingQueue, type Place } from "../../../../src/control-plane/people/sign-in/hashing-queue.ts";

const network = (name: string | number): Place => ({ kind: "network", network: `10.0.0.${name}` });
const device = (id: string | number): Place => ({ kind: "device", id: `${id}` });
const operator: Place = { kind: "operator" };
const FULL = { code: "OVERLOADED", message: expect.stringContaining("try again") };

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
    run: (name: string, place: Place, isGone?: () => boolean) =>
      queue.run(
        place,
        async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
          return name;
        },
        isGone,
      ),
    async endOne() {
      await settled();
      ends.shift()?.();
      await settled();
    },
  };
}

describe("the hashing queue", () => {
  it("runs as many at a time as it has slots, and the others in their order", async () => {
    const { run, begun, endOne } = startQueue({ slots: 2 });
    const all = [0, 1, 2, 3].map((n) => run(`${n}`, network(n)));
    await settled();
    expect(begun).toEqual(["0", "1"]);
    await endOne();
    expect(begun).toEqual(["0", "1", "2"]);
    for (let n = 0; n < 3; n += 1) {
      await endOne();
    }
    expect(await Promise.all(all)).toEqual(["0", "1", "2", "3"]);
  });

  it("continues after work that failed", async () => {
    const { queue } = startQueue();
    const failed = queue.run(network(1), () => Promise.reject(new Error("no")));
    const next = queue.run(network(2), async () => "done");
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe("done");
  });

  it("has one waiting place for each network", async () => {
    const { run, queue, endOne } = startQueue();
    const working = run("a", network(1));
    const waiting = run("b", network(1));
    await expect(run("c", network(1))).rejects.toMatchObject(FULL);
    const other = run("d", network(2));
    expect(queue.length).toBe(2);
    for (let n = 0; n < 3; n += 1) {
      await endOne();
    }
    expect(await Promise.all([working, waiting, other])).toEqual(["a", "b", "d"]);
  });

  it("reserves half of the places for devices, which alternate with networks; the operator is always next", async () => {
    const { run, begun, queue, endOne } = startQueue();
    const all = [run("working", network(0))];
    for (let n = 1; n <= 4; n += 1) {
      all.push(run(`network ${n}`, network(n)));
    }
    await expect(run("network 5", network(5))).rejects.toMatchObject(FULL);
    for (let n = 1; n <= 4; n += 1) {
      all.push(run(`device ${n}`, device(n)));
    }
    await expect(run("device 1", device(1))).rejects.toMatchObject(FULL);
    await expect(run("device 5", device(5))).rejects.toMatchObject(FULL);
    all.push(run("operator", operator), run("operator", operator));
    expect(queue.length).toBe(10);
    for (let n = 0; n < 11; n += 1) {
      await endOne();
    }
    await Promise.all(all);
    expect(begun).toEqual([
      "working",
      "operator",
      "operator",
      ...[1, 2, 3, 4].flatMap((n) => [`device ${n}`, `network ${n}`]),
    ]);
  });

  it("runs a request from a network between those of two devices, however many devices there are", async () => {
    const { run, begun, endOne } = startQueue();
    const all = [run("device 1", device(1)), run("device 2", device(2)), run("stranger", network(1))];
    for (let n = 3; n < 8; n += 1) {
      all.push(run(`device ${n}`, device(n)));
      await endOne();
    }
    for (let n = 0; n < 3; n += 1) {
      await endOne();
    }
    await Promise.all(all);
    expect(begun.slice(0, 3)).toEqual(["device 1", "stranger", "device 2"]);
  });

  it("gives the place of a client that went away to the next, and does not run its work", async () => {
    const { run, begun, endOne } = startQueue();
    const working = run("a", network(1));
    let isGone = false;
    const gone = run("b", network(2), () => isGone);
    isGone = true;
    const next = run("c", network(2));
    await expect(gone).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(run("d", network(3), () => true)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await endOne();
    await endOne();
    expect(await Promise.all([working, next])).toEqual(["a", "c"]);
    expect(begun).toEqual(["a", "c"]);
  });

  it("skips clients that went away before their turn, and loses no place to them", async () => {
    const { run, begun, queue, endOne } = startQueue();
    let isGone = false;
    const working = run("a", network(1), () => isGone);
    const left = [2, 3].map((n) =>
      expect(run(`${n}`, network(n), () => isGone)).rejects.toThrow("went away"),
    );
    const last = run("last", network(4));
    await settled();
    isGone = true;
    await endOne();
    await Promise.all(left);
    expect(queue.length).toBe(0);
    await endOne();
    expect(await Promise.all([working, last])).toEqual(["a", "last"]);
    await Promise.all([run("b", network(5)), endOne()]);
    expect(begun).toEqual(["a", "last", "b"]);
  });
});
