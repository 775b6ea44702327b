import { describe, expect, it } from "vitest";
import { checkConnection } from "../../../../src/agent/doctor/check-connection.ts";
import type { Connection } from "../../../../src/agent/doctor/connection/exchange.ts";
import type { Check } from "../../../../src/agent/doctor/examination.ts";
import { adviseInPod, asRoot, forAgent } from "../../../../src/lib/shell-word.ts";
import { stepsOf } from "../../../../src/lib/text/remedy.ts";
import { RUNNING_HERE } from "../../../support/agent/local-control-plane.ts";

const HERE = { isLoopbackUp: true, local: RUNNING_HERE };
const ACCEPTED = {
  kind: "accepted",
  detail: "accepted",
  remedy: undefined,
  cause: undefined,
  serverTimeMs: 0,
} as const;
const MOVED = { executor: "fra-34", own: "acme", theirs: "trial" };
const REFUSED = {
  ...ACCEPTED,
  kind: "refused",
  detail: "refused",
  remedy: "Put a key in.",
  moved: MOVED,
} as const;

function checked(more: Partial<Connection>): Partial<Check> {
  const checks = checkConnection({
    url: "http://127.0.0.1:3000",
    urlSource: "agent.toml line 1",
    route: { kind: "direct" },
    proxySource: undefined,
    answer: ACCEPTED,
    here: HERE,
    nowMs: 0,
    ...more,
  });
  return checks.find(({ stage }) => stage === "authentication") ?? {};
}

describe("a key that makes the host another executor than people expect", () => {
  const own = { organization: "trial", isOnline: true, createdAt: 2, lastSyncAt: 2 };
  const other = { organization: "acme", isOnline: false, createdAt: 1, lastSyncAt: 1 };

  it("is a warning, although the control plane accepts it", () => {
    const all = [own, other];
    const check = checked({ namesakes: { name: "fra-34", organization: "trial", all } });
    expect(check.status).toBe("warning");
    expect(check.detail).toMatch(/^accepted; but the executor fra-34 of organization acme is offline/u);
    expect(stepsOf(check.remedy ?? [])).toHaveLength(2);
  });

  it("is none without such an executor, and says nothing of a key that is refused", () => {
    expect(checked({ namesakes: { name: "fra-34", organization: "trial", all: [own] } }).status).toBe("ok");
    expect(checked({}).status).toBe("ok");
    const namesakes = { name: "fra-34", organization: "trial", all: [own, other] };
    expect(checked({ namesakes, answer: REFUSED }).detail).toBe("refused");
  });
});

describe("a key of another organization", () => {
  const runs = (more: Partial<Connection>) =>
    stepsOf(checked({ answer: REFUSED, ...more }).remedy ?? []).map(({ run }) => run);
  const move = forAgent("set-key --new-organization");

  it("has one line for the right key where keys are made, and one for the move", () => {
    const create = asRoot("novacula-control-plane keys create --org acme --target fra-34 --key-only");
    expect(runs({})).toEqual([`${create} | ${forAgent("set-key")}`, move]);
  });

  it("has three lines where the control plane is on another host", () => {
    const create = asRoot("novacula-control-plane keys create --org acme --target fra-34");
    expect(runs({ here: undefined })).toEqual([create, forAgent("set-key"), move]);
    expect(runs({ here: { ...HERE, local: undefined } })).toHaveLength(3);
  });

  it("keeps the usual advice in a pod, which has no set-key", () => {
    adviseInPod("agent-0");
    try {
      expect(checked({ answer: REFUSED, here: undefined }).remedy).toBe("Put a key in.");
    } finally {
      adviseInPod(undefined);
    }
  });
});
