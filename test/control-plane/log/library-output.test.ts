import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { expect, it } from "vitest";
import { routeLibraryOutput } from "../../../src/control-plane/log/library-output.ts";

it("warns of what Node.js warns of, and keeps quiet about experimental features", async () => {
  const lines: { level: number; detail: string }[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const undo = routeLibraryOutput(logger);
  process.emitWarning("vm is one", "ExperimentalWarning");
  process.emitWarning("listeners leak", "MaxListenersExceededWarning");
  await turn();
  undo();
  expect(lines.map(({ level, detail }) => [logger.levels.labels[level], detail])).toEqual([
    ["debug", "ExperimentalWarning: vm is one"],
    ["warn", "MaxListenersExceededWarning: listeners leak"],
  ]);
});
