import { describe, expect, it } from "vitest";
import { figuresOf, haveSameEssence, takeFigures } from "../../../src/protocol/nodes/observed-figures.ts";
import {
  type ObservedNode,
  observedNode,
  observedProcess,
} from "../../../src/protocol/nodes/observed-node.ts";
import { observed } from "../../support/control-plane/node-executor.ts";

const NODE = observed({ id: "n", name: "btc-1", revision: 1 });
const [PROCESS] = NODE.processes;
const FIGURES = ["diskFreeBytes", "height", "targetHeight", "peers", "syncProgress", "memoryBytes"];

const ofNode = observedNode.keyof().options.filter((key) => key !== "processes");
const changes: readonly (readonly [string, unknown])[] = [
  ...ofNode.map((key) => [key, { ...NODE, [key]: "changed" }] as const),
  ...observedProcess
    .keyof()
    .options.map((key) => [key, { ...NODE, processes: [{ ...PROCESS, [key]: "changed" }] }] as const),
];

// The changed values do not fit the schema, which does not matter to a comparison.
const asNode = (value: unknown) => value as ObservedNode;

describe("a change of one field", () => {
  it.each(changes)("%s is one of a figure or of the essence", (field, changed) => {
    const isFigure = FIGURES.includes(field);
    expect(haveSameEssence(NODE, asNode(changed))).toBe(isFigure);
    expect(figuresOf(NODE) === figuresOf(asNode(changed))).toBe(!isFigure);
  });
});

it("a process more or less is a change of the essence", () => {
  const two = { ...NODE, processes: [...NODE.processes, ...NODE.processes] };
  expect(haveSameEssence(NODE, two)).toBe(false);
  expect(haveSameEssence(two, NODE)).toBe(false);
  expect(haveSameEssence(two, { ...two, processes: [...two.processes] })).toBe(true);
});

it("figures are taken over, and nothing else", () => {
  const [process = expect.fail("there is no process")] = NODE.processes;
  const figures = { height: 1, targetHeight: 2, peers: 3, syncProgress: 0.5, memoryBytes: 4 };
  const newer = { ...NODE, diskFreeBytes: 5, processes: [{ ...process, ...figures }] };
  const taken = structuredClone(NODE);
  takeFigures(taken, { ...newer, revision: 9, processes: [{ ...process, ...figures, restarts: 9 }] });
  expect(taken).toEqual(newer);
});
