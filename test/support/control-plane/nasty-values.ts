import fc from "fast-check";

/** Values that a careless or hostile client sends instead of the right one. */

/**
 * White space and fillers of all kinds. `trim()` removes some of them and keeps others.
 */
const INVISIBLE = [
  " ",
  "\t",
  "\n",
  "\r\n",
  "\u000b",
  "\u0000",
  "\u0085",
  "\u00a0",
  "\u00ad",
  "\u1680",
  "\u180e",
  "\u2003",
  "\u2028",
  "\u200b",
  "\u2800",
  "\u3000",
  "\u3164",
  "\ufeff",
];
const SEPARATORS = [",", ", ", ";", "|", "/", "\u0000", "&", "]["];

/**
 * The right value in forms that some libraries accept as equal: padded, joined, in another case, in
 * a container.
 */
export function misspelled(right: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const filler = fc.constantFrom(...INVISIBLE);
  const separator = fc.constantFrom(...SEPARATORS);
  return fc.oneof(
    fc.tuple(filler, right).map(([before, value]) => before + value),
    fc.tuple(right, filler).map(([value, after]) => value + after),
    fc.tuple(right, separator, right).map(([one, between, other]) => one + between + other),
    right.map((value) => value.toUpperCase()),
    right.map((value) => value.charAt(0).toUpperCase() + value.slice(1)),
    right.map((value) => value.normalize("NFKD").replace("o", "\u043e")),
    right.map((value) => [value]),
    fc.tuple(right, right, filler).map(([one, other, before]) => [one, before + other]),
    right.map((value) => ({ 0: value, length: 1 })),
    right.map((value) => ({ toString: value })),
    right.map((value) => ({ $eq: value })),
    right.map((value) => value.repeat(2000)),
  );
}

/** Values of unexpected types. */
export const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, "", [], {}, { toString: null }, [[["owner"]]]),
  fc.constantFrom("__proto__", "constructor", "undefined", "null", "%00", "' or 1=1 --", "<0>forged\n{}"),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.json({ maxDepth: 2 }).map((text): unknown => JSON.parse(text)),
);

/** Usually the right value, because nothing after the first refusal is tested. */
export function mostly(right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

/** The members of `shape`, sometimes with an extra one or without a required one. */
export function body(shape: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const whole = fc.record(shape);
  const extra = fc.tuple(
    whole,
    fc.constantFrom("role", "organizationId", "userId", "__proto__", "callbackURL", "resend", "teamId"),
    nonsense,
  );
  return fc.oneof(
    { weight: 16, arbitrary: whole },
    { weight: 1, arbitrary: extra.map(([right, name, value]) => ({ ...right, [name]: value })) },
    { weight: 1, arbitrary: fc.record(shape, { requiredKeys: [] }) },
  );
}
