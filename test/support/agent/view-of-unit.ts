import { activityOf, type UnitState } from "../../../src/agent/reconciler/decide/unit-state.ts";
import type { NodeView } from "../../../src/agent/reconciler/node-view.ts";
import { held, makeSpec } from "./nodes.ts";

/** Node `a`, whose one process is in this state. Its memory limit is 1 GiB. */
export function viewOf(state: UnitState): NodeView {
  const applied = { written: null, started: null, limits: "" };
  return {
    held: held(makeSpec("a")),
    folder: "/nodes/a",
    secrets: {},
    applied: { format: 1, id: "id-a", processes: {} },
    processes: [
      {
        role: "node",
        client: "litecoind",
        version: "0.21.4",
        unit: state.unit,
        state,
        activity: activityOf(state),
        files: undefined,
        wanted: { kind: "ready", hash: "", ports: [] },
        limits: "",
        memoryLimitBytes: 1024 ** 3,
        applied,
        startedWith: undefined,
        isOutdated: false,
        hasItsFiles: true,
      },
    ],
  };
}
