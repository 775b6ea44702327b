import { expect, it } from "vitest";
import { checkStarts } from "../../../src/agent/doctor/check-starts.ts";
import { startsIn } from "../../../src/agent/systemd/recent-starts.ts";

const FIRST = 1_764_521_400_000;
const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => FIRST + index * ms);

it("a service that runs, and is started again and again, is told with where to look", () => {
  const starts = every(2000, 31);
  const now = (starts.at(-1) ?? 0) + 1500;
  expect(checkStarts(starts.slice(-5), now)).toEqual([]);
  expect(checkStarts(starts, now)).toMatchObject([
    {
      status: "warning",
      detail: "the service was started 31 times in the last two minutes, so the executor comes and goes",
      remedy: [{ run: expect.stringContaining("systemctl list-timers --all") }, {}],
    },
  ]);
});

it.each([
  ["every two seconds", 2000, 6000],
  ["every 15 s", 15_000, 45_000],
  ["at once", 100, 5000],
])("starts %s count until one has outlived them, as after a repair", (_, gapMs, longestMs) => {
  const starts = every(gapMs, 8);
  const last = starts.at(-1) ?? 0;
  expect(checkStarts(starts, last + longestMs)).toHaveLength(1);
  expect(checkStarts(starts, last + longestMs + 1)).toEqual([]);
});

it("starts are read from the journal with their times", () => {
  const text =
    "1764521429.103942 fra-1 systemd[1]: Started novacula-agent.service - x.\n" +
    "1764521431.5 fra-1 systemd[1]: Started novacula-agent.service - x.\n-- Boot 0 --\n";
  expect(startsIn(text)).toEqual([1_764_521_429_103.942, 1_764_521_431_500]);
  expect(startsIn("")).toEqual([]);
});
