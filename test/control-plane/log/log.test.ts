import { expect, it } from "vitest";
import { createLog } from "../../../src/control-plane/log/log.ts";
import type { Format } from "../../../src/lib/log/line-format.ts";
import { makeKey } from "../../support/keys.ts";

function record(format: Format) {
  const lines: string[] = [];
  const log = createLog({ level: "info", format }, { write: (line) => void lines.push(line) }, () => 0);
  return { ...log, lines };
}

it("has the priority of each event in the journal, and a sentence instead of fields", () => {
  const { logger, lines } = record("journal");
  logger.error({ event: "store.unavailable", reason: "x" }, "Requests get 503.\nFix: free space.");
  logger.warn({ event: "key.refused", keyId: "k" }, "A key was refused.");
  logger.info({ event: "listening", url: "http://x" }, "It listens.");
  expect(lines.join("")).toBe(
    "<3>store.unavailable: Requests get 503.\n<3>  Fix: free space.\n" +
      "<4>key.refused: A key was refused.\n<6>listening: It listens.\n",
  );
});

it("shows the stack of a bug, each line with its priority, and nothing that an outsider's text forges", () => {
  const { logger, lines } = record("journal");
  const err = new Error("bad\n<0>forged: everything burns");
  logger.error({ event: "bug", err }, "A request failed because of a bug:");
  const all = lines.join("").split("\n").slice(0, -1);
  expect(all.length).toBeGreaterThan(2);
  expect(all.filter((line) => !line.startsWith("<3>"))).toEqual([]);
  expect(all[1]).toMatch(/^<3> {2}Error: bad/u);
});

it.each(["journal", "pretty", "json"] as const)("never shows a key as %s", (format) => {
  const { logger, lines } = record(format);
  const key = makeKey();
  logger.warn({ event: "key.refused", key }, `Refused ${key}.`);
  expect(lines.join("")).toContain("key.refused");
  expect(lines.join("")).not.toContain(key.slice(4, 40));
});

it("counts what it left out in a sentence", () => {
  const { logger, lines, close } = record("journal");
  for (let n = 0; n < 25; n += 1) {
    logger.warn({ event: "sign-in.refused", address: `203.0.113.${n % 3}` }, "Refused.");
  }
  close();
  expect(lines.at(-1)).toBe(
    "<4>log.left-out: 5 more lines of sign-in.refused were left out in 0 s, from 3 addresses. LOG_LEVEL=debug shows each.\n",
  );
});
