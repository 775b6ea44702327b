import { expect, it } from "vitest";
import { Recent } from "../../../src/control-plane/executors/recent.ts";

function recent() {
  const clock = { now: 0 };
  return { clock, kept: new Recent<string>(() => clock.now) };
}

it("keeps what is used, however long", () => {
  const { clock, kept } = recent();
  kept.set("a", "one");
  for (clock.now = 0; clock.now < 600_000; clock.now += 59_000) {
    expect(kept.get("a")).toBe("one");
  }
});

it("lets go what was not used for two minutes, whoever else was", () => {
  const { clock, kept } = recent();
  kept.set("a", "one");
  kept.set("b", "two");
  for (; clock.now < 120_000; clock.now += 10_000) {
    kept.get("b");
  }
  expect([kept.get("a"), kept.get("b")]).toEqual([undefined, "two"]);
});

it("lets everything go in a long silence", () => {
  const { clock, kept } = recent();
  kept.set("a", "one");
  clock.now = 120_000;
  expect(kept.get("a")).toBeUndefined();
});

it("takes the newer value of an id", () => {
  const { clock, kept } = recent();
  kept.set("a", "one");
  clock.now = 60_000;
  kept.set("a", "two");
  expect(kept.get("a")).toBe("two");
});
