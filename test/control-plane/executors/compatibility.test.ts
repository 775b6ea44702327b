import { expect, it } from "vitest";
import { compatibility } from "../../../src/control-plane/executors/compatibility.ts";

it.each([
  ["3.1.0", "supported"],
  ["v3.0.9-beta.1", "supported"],
  ["4.0.0", "supported"],
  ["2.9.9", "deprecated"],
  ["1.0.0", "out_of_support"],
  ["0.1.0", "out_of_support"],
  ["latest", "deprecated"],
  ["", "deprecated"],
  ["3", "deprecated"],
])("version %s against 3.4.0 is %s", (version, verdict) => {
  const recommendedVersion = verdict === "supported" ? null : "3.4.0";
  expect(compatibility(version, "3.4.0")).toEqual({ verdict, recommendedVersion });
});
