import { describe, expect, it } from "vitest";
import { authenticate, judge, keyHash } from "../../../src/control-plane/keys/authenticate.ts";
import { presentedKey } from "../../../src/control-plane/keys/presented-key.ts";
import type { KeyLookup, PresentedKey } from "../../../src/control-plane/store/contract/keys.ts";
import { utcTime } from "../../../src/lib/clock.ts";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { makeKey } from "../../support/keys.ts";

const NOW = Date.UTC(2026, 5, 1);
const SECRET = makeKey();
const KEY: PresentedKey = {
  id: "k",
  name: "prod",
  fingerprint: keyFingerprint(SECRET),
  organization: { id: "o", name: "Acme", slug: "acme" },
  createdAt: 0,
  expiresAt: null,
  isEnabled: true,
  revokedAt: null,
  revokesAt: null,
  lineageId: "k",
  target: null,
  damaged: [],
};

/** A store with this key, or none. */
function lookup(key: PresentedKey | undefined, hasSuccessor = false): KeyLookup {
  return {
    byHash: async (hash) => (hash === keyHash(SECRET) ? key : undefined),
    hasSuccessor: async () => hasSuccessor,
  };
}

const verdictOf = (changes: Partial<PresentedKey>, hasSuccessor = false) =>
  judge({ ...KEY, ...changes }, lookup(undefined, hasSuccessor), NOW);

describe("a key that is known", () => {
  it("is accepted until the moment at which it expires, or its grace ends", async () => {
    const accepted = { kind: "accepted" };
    expect(await verdictOf({})).toMatchObject(accepted);
    expect(await verdictOf({ expiresAt: NOW + 1 })).toMatchObject(accepted);
    expect(await verdictOf({ revokesAt: NOW + 1 })).toMatchObject(accepted);
    expect(await authenticate(`Bearer ${SECRET}`, lookup(KEY), NOW)).toEqual({ kind: "accepted", key: KEY });
  });

  const facts = { fingerprint: KEY.fingerprint };
  const refused = { kind: "refused", fingerprint: KEY.fingerprint, keyId: "k" };
  it.each<[what: string, changes: Partial<PresentedKey>, hasSuccessor: boolean, verdict: object]>([
    [
      "expired",
      { expiresAt: NOW },
      false,
      { reason: "expired", message: `this key expired at ${utcTime(NOW)}`, facts },
    ],
    [
      "revoked",
      { isEnabled: false, revokedAt: NOW - 5 },
      false,
      {
        reason: "revoked",
        message: `this key was revoked at ${utcTime(NOW - 5)}`,
        facts: { ...facts, rotated: false },
      },
    ],
    [
      "revoked, nobody knows when",
      { isEnabled: false },
      false,
      { reason: "revoked", message: "this key was revoked", facts: { ...facts, rotated: false } },
    ],
    [
      "rotated without a grace",
      { isEnabled: false, revokedAt: NOW - 5 },
      true,
      {
        reason: "revoked",
        message: `this key was rotated, and stopped working at ${utcTime(NOW - 5)}: use the key that replaced it`,
        facts: { ...facts, rotated: true },
      },
    ],
    [
      "rotated, and its grace is over",
      { revokesAt: NOW },
      false,
      {
        reason: "revoked",
        message: `this key was rotated, and stopped working at ${utcTime(NOW)}: use the key that replaced it`,
        facts: { ...facts, rotated: true },
      },
    ],
    [
      "damaged",
      { damaged: ["expiresAt"] },
      false,
      {
        reason: "damaged",
        message:
          "the control plane's record of this key is damaged (expiresAt), so the key is refused: create another key",
        facts,
        damage: { ...KEY, damaged: ["expiresAt"] },
      },
    ],
  ])("and is %s is refused as that", async (_what, changes, hasSuccessor, verdict) => {
    expect(await verdictOf(changes, hasSuccessor)).toEqual({ ...refused, ...verdict });
  });
});

describe("a key that is not known", () => {
  it("is shown by its fingerprint, because it looks like one", async () => {
    const fingerprint = keyFingerprint(SECRET);
    expect(await authenticate(`Bearer ${SECRET}`, lookup(undefined), NOW)).toEqual({
      kind: "refused",
      reason: "unknown",
      message:
        "this key is not known here: it was damaged in copying, deleted, or issued by another control plane",
      facts: { fingerprint },
      fingerprint,
      keyId: undefined,
    });
  });

  it("is not shown at all if it may be a password", async () => {
    expect(await authenticate("Bearer exc_hunter2", lookup(undefined), NOW)).toStrictEqual({
      kind: "refused",
      reason: "unknown",
      message:
        "this key is not known here: it was damaged in copying, deleted, or issued by another control plane",
      facts: {},
      fingerprint: undefined,
      keyId: undefined,
    });
  });

  it("without a capital letter was most likely changed on the way", async () => {
    const lower = await authenticate(`Bearer exc_${"a".repeat(20)}`, lookup(undefined), NOW);
    expect(lower).toMatchObject({ message: expect.stringContaining("no capital letters") });
    const short = await authenticate(`Bearer exc_${"a".repeat(19)}`, lookup(undefined), NOW);
    expect(short).toMatchObject({ message: expect.stringContaining("damaged in copying") });
  });
});

describe("what arrived in the header Authorization", () => {
  const key = { kind: "key", secret: SECRET };
  it.each([`Bearer ${SECRET}`, `bearer   ${SECRET}  `, ` BEARER ${SECRET}`])("is a key: %#", (header) => {
    expect(presentedKey(header)).toEqual(key);
  });

  it.each<[header: string | undefined, arrived: string, words: string]>([
    [undefined, "nothing", "no Authorization header arrived"],
    ["", "nothing", "no Authorization header arrived"],
    ["  ", "nothing", "no Authorization header arrived"],
    [`Bearer ${SECRET}, Basic dXNlcg==`, "several", "two credentials arrived"],
    [`Bearer ${SECRET}, ${SECRET}`, "several", "two credentials arrived"],
    [SECRET, "other_scheme", "without the word Bearer"],
    ["Bearerx", "other_scheme", "without the word Bearer"],
    ["Basic dXNlcg==", "other_scheme", "of the scheme Basic"],
    ["negotiate abc", "other_scheme", "of the scheme Negotiate"],
    ['Digest username="a", realm="b"', "other_scheme", "of the scheme Digest"],
    ["hunter2 Basic", "other_scheme", "without the word Bearer"],
    ["Bearer", "not_a_key", "not an executor key"],
    ["Bearer  ", "not_a_key", "not an executor key"],
    ["Bearer hunter2", "not_a_key", "not an executor key"],
    [`Bearer ${SECRET} x`, "not_a_key", "not an executor key"],
  ])("is no key: %j", async (header, arrived, words) => {
    const message = expect.stringContaining(words);
    expect(presentedKey(header)).toMatchObject({ kind: "no-key", arrived, message });
    const refused = await authenticate(header, lookup(KEY), NOW);
    expect(refused).toMatchObject({ kind: "refused", reason: "malformed", facts: { arrived }, message });
    expect(JSON.stringify(refused)).not.toMatch(/hunter2/u);
  });
});
