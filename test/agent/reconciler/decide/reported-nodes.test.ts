import { expect, it } from "vitest";
import { NO_NODES } from "../../../../src/agent/reconciler/decide/node-list.ts";
import { ReportedNodes } from "../../../../src/agent/reconciler/decide/reported-nodes.ts";
import { observed } from "../../../support/agent/nodes.ts";

it("what is told is made once for the same list and the same observations", () => {
  const reported = new ReportedNodes(1);
  const seen = [observed("a")];
  const told = reported.of(NO_NODES, seen);
  expect(told).toEqual(seen);
  expect(reported.of(NO_NODES, seen)).toBe(told);
  expect(reported.of(NO_NODES, [observed("b")])).toEqual([observed("b")]);
  expect(reported.of({ ...NO_NODES }, seen)).not.toBe(told);
});
