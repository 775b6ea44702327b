import { describe, expect, it } from "vitest";
import { checkConnection } from "../../../../src/agent/doctor/check-connection.ts";
import type { Connection } from "../../../../src/agent/doctor/connection/exchange.ts";
import type { FailedHere } from "../../../../src/agent/doctor/local/failed-here.ts";
import { isFailing, type LocalStart } from "../../../../src/agent/doctor/local/local-start.ts";
import type { LostAddress } from "../../../../src/agent/doctor/local/lost-address.ts";
import { asRoot, forAgent } from "../../../../src/lib/shell-word.ts";
import { remedyText, stepsOf } from "../../../../src/lib/text/remedy.ts";

const WHY = "cannot listen on HOST 10.20.0.5, PORT 8443: no interface of this host has that address";
const FAILED: LocalStart = {
  active: "failed",
  result: "exit-code",
  isMasked: false,
  words: { kind: "said", why: WHY, remedy: undefined },
};
const LOST: LostAddress = { address: "10.20.0.5", line: 7, hostsLine: 3, own: ["127.0.0.1", "::1"] };
const START = [
  asRoot("systemctl reset-failed novacula-control-plane"),
  asRoot("systemctl restart novacula-control-plane"),
  forAgent("retry"),
].join(" && ");

function failure(cause: "network" | "dns" | "timeout" | "tls-expired", failedHere: FailedHere | undefined) {
  const connection: Connection = {
    url: "https://cp.fra.example:8443",
    urlSource: "agent.toml line 28",
    route: { kind: "direct" },
    proxySource: undefined,
    answer: { kind: "unreachable", cause, detail: "no answer", remedy: "Look.", serverTimeMs: undefined },
    failedHere,
    nowMs: 0,
  };
  const check = checkConnection(connection).find(({ status }) => status === "bad");
  return { detail: check?.detail ?? "", remedy: check?.remedy ?? [], stage: check?.stage };
}

describe("a control plane of this host that fails, while the agent asks another address", () => {
  it.each(["network", "dns", "timeout", "tls-expired"] as const)("is named beside %s", (cause) => {
    const { detail, remedy } = failure(cause, { local: FAILED, lost: undefined });
    expect(detail).toBe(
      `no answer (agent.toml line 28); beside that, the control plane of this host did not start: ${WHY}`,
    );
    expect(remedyText(remedy)).toMatch(
      /^Look\. If the agent should reach the control plane of this host, start that first\. .*systemctl start novacula-control-plane$/u,
    );
    expect(failure(cause, undefined)).toMatchObject({
      detail: "no answer (agent.toml line 28)",
      remedy: "Look.",
    });
  });

  it("is named if it gave no reason, too", () => {
    const { detail } = failure("network", {
      local: { ...FAILED, words: { kind: "denied" } },
      lost: undefined,
    });
    expect(detail).toMatch(/; beside that, the control plane of this host has failed \(exit-code\)$/u);
  });

  it("is one that has failed or fails again and again, not one that starts, runs or is stopped", () => {
    const repeated = { ...FAILED, active: "activating", isRestarting: true };
    const again = { ...FAILED, active: "activating", restarts: 2 };
    expect([FAILED, repeated, again].map(isFailing)).toEqual([true, true, true]);
    const others = ["active", "inactive", "activating"].map((active) => ({ ...FAILED, active }));
    expect([...others, { ...FAILED, isMasked: true }].some(isFailing)).toBe(false);
  });
});

describe("an address that this host no longer has, in HOST and in the agent's URL", () => {
  const steps = (more: Partial<LostAddress>) =>
    stepsOf(failure("network", { local: FAILED, lost: { ...LOST, ...more } }).remedy);
  const sed = (line: number, to: string, file: string) =>
    asRoot(String.raw`sed -i --follow-symlinks '${line}s/10\.20\.0\.5/${to}/' ${file}`);
  const settings = "/etc/default/novacula-control-plane";

  it("is the cause, with both places", () => {
    const { detail } = failure("network", { local: FAILED, lost: LOST });
    expect(detail).toBe(
      `the control plane of this host did not start: ${WHY}; so no answer (agent.toml line 28)`,
    );
    expect(steps({})[0]?.say).toContain(
      `HOST in ${settings} line 7 is 10.20.0.5, and so has /etc/hosts line 3, but no interface`,
    );
  });

  it.each([
    [
      "the only one that others reach",
      ["127.0.0.1", "10.30.0.9", "::1", "fe80::1", "2001:db8::1"],
      "10.30.0.9",
    ],
    ["loopback, if nobody else reaches this host", ["127.0.0.1", "::1"], "127.0.0.1"],
  ])("is replaced by %s", (_what, own, right) => {
    expect(steps({ own }).map(({ run }) => run)).toEqual([
      `${sed(7, right, settings)} && ${sed(3, right, "/etc/hosts")} && ${START}`,
    ]);
    expect(steps({ own, hostsLine: undefined }).map(({ run }) => run)).toEqual([
      `${sed(7, right, settings)} && ${START}`,
    ]);
  });

  it("is nobody's guess if this host has several, or none can be seen", () => {
    for (const own of [["127.0.0.1", "10.30.0.9", "10.40.0.9"], []]) {
      expect(steps({ own }).map(({ run }) => run)).toEqual(["ip -brief address", START]);
    }
  });
});
