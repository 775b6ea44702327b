import { expect, it } from "vitest";
import { holdsKey, isKeyShaped, mayShowFingerprint, withoutKeys } from "../../src/protocol/key-shape.ts";
import { makeKey } from "../support/keys.ts";

const K = makeKey();

it("accepts the form of a key and of a shorter one", () => {
  expect([K, "exc_a", "exc_A1_b"].filter((text) => !isKeyShaped(text))).toEqual([]);
  const others = ["", "exc_", K.slice(4), ` ${K}`, `${K}\n`, K.toUpperCase(), "exc_a b", "exc_é"];
  expect(others.filter(isKeyShaped)).toEqual([]);
});

it("shows the fingerprint of long texts only", () => {
  expect(mayShowFingerprint(K)).toBe(true);
  expect(mayShowFingerprint("exc_abcdefghijklmnop")).toBe(true);
  expect(mayShowFingerprint("exc_abcdefghijklmno")).toBe(false);
  expect(mayShowFingerprint(K.slice(4))).toBe(false);
});

it("finds a key in the wrong place, and not in a name that only begins like one", () => {
  expect(holdsKey(`/etc/${K}`)).toBe(true);
  expect(holdsKey(`/etc/${K.slice(0, 12)}`)).toBe(true);
  expect(holdsKey("exc_1")).toBe(false);
  expect(holdsKey("/etc/exc_key_file")).toBe(false);
});

it("redacts every key and what could be the rest of one", () => {
  expect(withoutKeys(`a ${K}, b exc_ab-cd_efgh.`)).toBe("a exc_[redacted], b exc_[redacted].");
  expect(withoutKeys("exc_… and exc_1")).toBe("exc_… and exc_1");
});
