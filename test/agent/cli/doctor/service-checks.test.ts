import { expect, it } from "vitest";
import { afterPlaces } from "../../../../src/agent/cli/doctor/service-checks.ts";
import type { Check } from "../../../../src/agent/doctor/examination.ts";

const PLACE: Check = { stage: "unit", status: "bad", detail: "/srv/w does not exist", remedy: "Make it." };
const FAILED: Check = { stage: "unit", status: "bad", detail: "it has failed", remedy: "Look why." };
const DISABLED: Check = { stage: "unit", status: "warning", detail: "it is disabled", remedy: "Enable it." };

it("a service that lacks a place has the remedy of the place alone", () => {
  expect(afterPlaces([FAILED, DISABLED], [PLACE])).toEqual([
    { ...FAILED, remedy: "What is bad above (unit) comes first." },
    DISABLED,
  ]);
});

it.each([[[]], [[{ ...PLACE, status: "warning" } as const]]])("and its own without a bad place", (places) => {
  expect(afterPlaces([FAILED, DISABLED], places)).toEqual([FAILED, DISABLED]);
});
