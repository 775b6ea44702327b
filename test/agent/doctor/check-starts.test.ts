import { expect, it } from "vitest";
import { checkStarts } from "../../../src/agent/doctor/check-starts.ts";
import { startsIn } from "../../../src/agent/systemd/recent-starts.ts";
import { changedSettings } from "../../../src/agent/systemd/service/changed-settings.ts";
import { assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";

const FIRST = 1_764_521_400_000;
const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => FIRST + index * ms);

it("a service that runs, and is started again and again, is told with where to look", () => {
  const starts = every(2000, 31);
  const now = (starts.at(-1) ?? 0) + 1500;
  expect(checkStarts(starts.slice(-5), now)).toEqual([]);
  expect(checkStarts(starts, now)).toMatchObject([
    {
      status: "warning",
      detail:
        "the service was started 31 times in the last two minutes, so the executor comes and goes. It has run for 2 s, and is stable once it has run for 6 s",
      remedy: [{ run: expect.stringContaining("systemctl list-timers --all") }, {}],
    },
  ]);
});

const DROP_IN = "/etc/systemd/system/novacula-agent.service.d/fresh.conf";

it.each([
  ["RuntimeMaxSec=8", "met"],
  ["RuntimeMaxSec=500ms 5s", "met"],
  ["RuntimeMaxSec=1d", "possible"],
  ["RuntimeMaxSec=11", "possible"],
  ["WatchdogSec=1", "possible"],
  ["RuntimeMaxSec=infinity", "no"],
  ["Nice=5", "no"],
])("a limit in a drop-in is blamed for starts every ten seconds if it is one: %s", (line, blame) => {
  const starts = every(10_000, 12);
  const changed = changedSettings(assignmentsOf(`[Service]\n${line}`, DROP_IN));
  const [found] = checkStarts(starts, (starts.at(-1) ?? 0) + 3000, changed);
  const place = `${line} (${DROP_IN} line 2)`;
  const remedy = remedyText(found?.remedy ?? "").replaceAll("sudo ", "");
  const takes = `mv -bT ${DROP_IN} ${DROP_IN}.old && systemctl daemon-reload && novacula-agent restart`;
  expect(found?.detail.includes(`. systemd ends it each time: ${place}. `)).toBe(blame === "met");
  expect(found?.detail.includes(`. Its unit was changed on this host: ${place}. `)).toBe(
    blame === "possible",
  );
  expect(remedy.includes(takes)).toBe(blame !== "no");
  expect(remedy.includes("journalctl")).toBe(blame !== "met");
  expect(found?.detail).toMatch(/ It has run for 3 s, and is stable once it has run for 30 s$/u);
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
