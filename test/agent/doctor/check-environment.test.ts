import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkEnvironment } from "../../../src/agent/doctor/check-environment.ts";
import { RUNTIME_VARIABLES } from "../../../src/agent/systemd/runtime-variables.ts";

describe("the unit's environment", () => {
  it.each([
    ["", 0],
    ["LANG=C.UTF-8 HTTPS_PROXY=http://proxy:3128 UV_THREADPOOL_SIZE=8", 0],
    ["MY_NODE_OPTIONS=--require=x NOTE=NODE_OPTIONS", 0],
    ["NODE_OPTIONS=--require=x", 1],
    ['LANG=C "NODE_EXTRA_CA_CERTS=/a path/ca.pem"', 1],
    ["OPENSSL_CONF=/x LD_PRELOAD=/y", 1],
  ])("%s: %i warnings", (Environment, count) => {
    expect(checkEnvironment({ Environment, UnsetEnvironment: "" })).toHaveLength(count);
  });

  it("names the variables, not their values, and says which have no effect", () => {
    const checks = checkEnvironment({
      Environment: "NODE_OPTIONS=secret OPENSSL_CONF=secret",
      UnsetEnvironment: "LD_PRELOAD NODE_OPTIONS",
    });
    const details = checks.map(({ detail }) => detail);
    expect(details).toEqual([
      expect.stringContaining("sets OPENSSL_CONF, which can change"),
      expect.stringContaining("sets NODE_OPTIONS, which has no effect"),
    ]);
    expect(JSON.stringify(checks)).not.toContain("secret");
    for (const { status, remedy } of checks) {
      expect([status, remedy]).toEqual(["warning", expect.any(String)]);
    }
  });
});

describe.each(["novacula-agent", "novacula-control-plane"])("%s.service", (name) => {
  it("passes none of them on", () => {
    const unit = readFileSync(new URL(`../../../systemd/${name}.service`, import.meta.url), "utf8");
    const unset = unit.match(/^UnsetEnvironment=(.*)$/gmu)?.flatMap((line) => line.slice(17).split(" "));
    expect(unset).toEqual(RUNTIME_VARIABLES);
  });
});
