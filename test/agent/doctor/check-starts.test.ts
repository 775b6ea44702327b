import { expect, it } from "vitest";
import { checkStarts } from "../../../src/agent/doctor/check-starts.ts";

it("a service that runs, and is started again and again, is told with where to look", () => {
  expect(checkStarts(5)).toEqual([]);
  expect(checkStarts(31)).toMatchObject([
    {
      status: "warning",
      detail: "the service was started 31 times in the last two minutes, so the executor comes and goes",
      remedy: [{ run: expect.stringContaining("systemctl list-timers --all") }, {}],
    },
  ]);
});
