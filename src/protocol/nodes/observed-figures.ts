import { type ObservedNode, observedNode, observedProcess } from "./observed-node.ts";

/** Figures move by themselves while all is well. All else of a node is its essence. */

const FIGURES_OF_NODE = { diskFreeBytes: true } as const;
const FIGURES_OF_PROCESS = {
  height: true,
  targetHeight: true,
  peers: true,
  syncProgress: true,
  memoryBytes: true,
} as const;

const figuresOfNode = observedNode.pick(FIGURES_OF_NODE).keyof().options;
const figuresOfProcess = observedProcess.pick(FIGURES_OF_PROCESS).keyof().options;
const essenceOfNode = observedNode.omit({ ...FIGURES_OF_NODE, processes: true }).keyof().options;
const essenceOfProcess = observedProcess.omit(FIGURES_OF_PROCESS).keyof().options;

/** A text that is equal for equal figures. */
export function figuresOf(node: ObservedNode): string {
  const processes = node.processes.map((process) => figuresOfProcess.map((key) => process[key]));
  return JSON.stringify([figuresOfNode.map((key) => node[key]), processes]);
}

/** Whether both say the same, but for figures. */
export function haveSameEssence(one: ObservedNode, other: ObservedNode): boolean {
  return (
    essenceOfNode.every((key) => one[key] === other[key]) &&
    one.processes.length === other.processes.length &&
    one.processes.every((process, index) => {
      const { [index]: its } = other.processes;
      return essenceOfProcess.every((key) => process[key] === its?.[key]);
    })
  );
}

/** Gives `node` the figures of `newer`, which has the same essence. */
export function takeFigures(node: ObservedNode, newer: ObservedNode): void {
  for (const key of figuresOfNode) {
    node[key] = newer[key];
  }
  for (const [index, process] of node.processes.entries()) {
    const { [index]: its } = newer.processes;
    for (const key of figuresOfProcess) {
      process[key] = its?.[key] ?? null;
    }
  }
}
