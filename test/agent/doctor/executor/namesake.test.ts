import { describe, expect, it } from "vitest";
import {
  expectedInstead,
  type Namesake,
  namesakeRemedy,
  namesakeText,
} from "../../../../src/agent/doctor/executor/namesake.ts";
import { asRoot, forAgent } from "../../../../src/lib/shell-word.ts";
import { stepsOf } from "../../../../src/lib/text/remedy.ts";

const DAY_MS = 86_400_000;
const OWN: Namesake = {
  organization: "trial",
  isOnline: true,
  createdAt: 10 * DAY_MS,
  lastSyncAt: 10 * DAY_MS,
};
const OLDER: Namesake = { organization: "acme", isOnline: false, createdAt: DAY_MS, lastSyncAt: 9 * DAY_MS };

function expected(...all: readonly Namesake[]): string | undefined {
  return expectedInstead({ name: "fra-34", organization: "trial", all })?.organization;
}

describe("the executor that people expect", () => {
  it("is the offline one of the same name that another organization had before", () => {
    expect(expected(OWN, OLDER)).toBe("acme");
    // Doctor asks before the first sync, too.
    expect(expected(OLDER)).toBe("acme");
    expect(expected(OWN, { ...OLDER, lastSyncAt: undefined })).toBe("acme");
  });

  it("is the last one that synced, of several", () => {
    const other = { ...OLDER, organization: "beta", lastSyncAt: 8 * DAY_MS };
    expect(expected(OWN, other, OLDER)).toBe("acme");
    expect(expected(OWN, OLDER, { ...other, lastSyncAt: 9.5 * DAY_MS })).toBe("beta");
  });

  it("is the online one, if the other is online too, or has only been tried", () => {
    expect(expected(OWN)).toBeUndefined();
    expect(expected(OWN, { ...OLDER, isOnline: true })).toBeUndefined();
    const tried = { ...OLDER, createdAt: 11 * DAY_MS, lastSyncAt: 11 * DAY_MS + 60_000 };
    expect(expected(OWN, tried)).toBeUndefined();
    // A host that was there for days was no trial.
    expect(expected(OWN, { ...tried, lastSyncAt: 13 * DAY_MS })).toBe("acme");
  });
});

it("names both organizations, and the commands for either", () => {
  const namesakes = { name: "fra 34", organization: "trial", all: [OWN, OLDER] };
  expect(namesakeText(namesakes, OLDER)).toBe(
    "but the executor fra 34 of organization acme is offline, last seen at 1970-01-10 00:00:00 UTC: this key makes the host that of trial",
  );
  const create = asRoot("novacula-control-plane keys create --org acme --target 'fra 34' --key-only");
  expect(stepsOf(namesakeRemedy(namesakes, OLDER)).map(({ run }) => run)).toEqual([
    `${create} | ${forAgent("set-key --new-organization")}`,
    asRoot("novacula-control-plane executors delete --org acme 'fra 34'"),
  ]);
});
