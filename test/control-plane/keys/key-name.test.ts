import { describe, expect, it } from "vitest";
import { checkedKeyName, rotatedKeyName } from "../../../src/control-plane/keys/key-name.ts";

const JUNE_2026 = Date.UTC(2026, 5, 1, 23, 59, 59);

describe("the name of a rotated key", () => {
  it.each([
    ["prod", "prod 260601"],
    ["prod 260513", "prod 260601"],
    ["prod 26051", "prod 26051 260601"],
    ["prod-260513", "prod-260513 260601"],
    ["260513", "260513 260601"],
    ["a".repeat(32), `${"a".repeat(25)} 260601`],
    ["👩".repeat(32), `${"👩".repeat(25)} 260601`],
    [`${"a".repeat(24)} ${"b".repeat(7)}`, `${"a".repeat(24)} 260601`],
    [`${"a".repeat(25)} 260513`, `${"a".repeat(25)} 260601`],
  ])("%s becomes %s", (name, rotated) => {
    expect(rotatedKeyName(name, JUNE_2026)).toBe(rotated);
    expect(checkedKeyName(rotated)).toBe(rotated);
  });
});

describe("the name of a new key", () => {
  it.each([
    ["  prod ", "prod"],
    ["x", "x"],
    ["👩".repeat(32), "👩".repeat(32)],
    ["clé de prod", "clé de prod"],
  ])("%j is taken as %j", (raw, name) => {
    expect(checkedKeyName(raw)).toBe(name);
  });

  it.each([
    ["", /1 to 32/],
    ["   ", /1 to 32/],
    ["a".repeat(33), /this one has 33/],
    ["👩".repeat(33), /this one has 33/],
    ["a\nb", /one line/],
    ["a\u202Eb", /one line/],
    ["a\u0000b", /one line/],
    ["a  b", /single spaces/],
    ["prod\u3164", /nobody can see/],
    ["pr\u2800od", /nobody can see/],
    ["\u00ad\u00ad", /one line/],
  ])("%j is refused", (raw, why) => {
    expect(() => checkedKeyName(raw)).toThrow(why);
  });
});
