import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { guardSecret, withoutSecrets } from "../../../src/lib/log/secret-guard.ts";
import { letters } from "../../support/agent/damaged-keys.ts";
import { eventually } from "../../support/eventually.ts";

/** Whose guards are held until the tests have run. */
const HELD: unknown[] = [];

function held(secret: string): string {
  HELD.push(guardSecret(secret));
  return secret;
}

describe("a secret with other characters than letters", () => {
  const begin = letters(10);
  const end = letters(10);

  it.each([
    ["slashes and plus signs", "/+/+/"],
    ["what looks like an escape in a URL", "%41"],
    ["what looks like an escape in JSON", "\\u0041"],
    ["what looks like one in HTML", "&#65;"],
    ["a backslash", "\\\\"],
  ])("has %s: it is removed as it is", (_what, middle) => {
    const secret = held(begin + middle + end);
    expect(withoutSecrets(`<${secret}>`)).toBe("<[redacted]>");
  });

  it.each(["~~~~~~", "??????", ">>>>>>"])("has %s: its base64 is removed in both alphabets", (middle) => {
    const secret = held(begin + middle + end);
    for (const alphabet of ["base64", "base64url"] as const) {
      const said = withoutSecrets(Buffer.from(secret).toString(alphabet));
      expect(said).toMatch(/^.{0,8}\[redacted\].{0,8}$/u);
    }
  });

  it("is removed if each of its characters is escaped, and no other text is", () => {
    const secret = held(`${begin}%41${end}`);
    const escaped = Array.from(secret, (one) => `%${one.charCodeAt(0).toString(16)}`).join("");
    expect(withoutSecrets(`<${escaped}>`)).toBe("<[redacted]>");
  });
});

describe("the place of a secret", () => {
  const one = held(letters(20));
  const other = held(letters(20));

  it("is named once if two secrets touch, or one begins in the other", () => {
    const overlapping = held(one.slice(-5) + letters(20));
    for (const text of [one + other, one + one, one + overlapping.slice(5)]) {
      expect(withoutSecrets(`<${text}>`)).toBe("<[redacted]>");
    }
  });

  it("is named twice if a character is between", () => {
    expect(withoutSecrets(`<${one}|${other}>`)).toBe("<[redacted]|[redacted]>");
  });

  it("may be the whole text, and its shortest piece", () => {
    expect(withoutSecrets(one.slice(0, 12))).toBe("[redacted]");
    expect(withoutSecrets(one.slice(0, 11))).toBe(one.slice(0, 11));
  });
});

describe("a secret whose guards are gone", () => {
  /** The whole garbage at once. */
  const collect = () => {
    setFlagsFromString("--expose-gc");
    z.function().parse(runInNewContext("gc"))();
  };

  it("is no secret any more; one that a guard is left of stays one", async () => {
    const [twice = "", once = ""] = [letters(40), letters(40)];
    held(twice);
    guardSecret(twice);
    // Each is counted.
    guardSecret(once);
    guardSecret(once);
    expect(withoutSecrets(`${once} ${twice}`)).toBe("[redacted] [redacted]");
    const isForgotten = () => {
      collect();
      return withoutSecrets(once) === once;
    };
    await eventually(isForgotten, { describe: "the secret without a guard is forgotten" });
    expect(withoutSecrets(twice)).toBe("[redacted]");
  });

  it("can be guarded again", async () => {
    const secret = letters(40);
    guardSecret(secret);
    const isForgotten = () => {
      collect();
      return withoutSecrets(secret) === secret;
    };
    await eventually(isForgotten, { describe: "the secret without a guard is forgotten" });
    held(secret);
    expect(withoutSecrets(secret)).toBe("[redacted]");
  });
});
