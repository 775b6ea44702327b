import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkEnvironment } from "../../../src/agent/doctor/check-environment.ts";
import { RUNTIME_VARIABLES } from "../../../src/agent/systemd/runtime-variables.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";

const PLACE = "/etc/systemd/system/novacula-agent.service.d/x.conf line 2";

function check(set: readonly string[], unset: readonly string[] = [], ignored: readonly string[] = []) {
  const placed = (names: readonly string[]) => new Map(names.map((name) => [name, PLACE]));
  return checkEnvironment({ variables: {}, sources: placed(set), unset: placed(unset), ignored });
}

describe("the unit's environment", () => {
  it.each([
    [[], 0],
    [["LANG", "HTTPS_PROXY", "UV_THREADPOOL_SIZE"], 0],
    [["MY_NODE_OPTIONS", "NOTE"], 0],
    [["NODE_OPTIONS"], 1],
    [["OPENSSL_CONF", "LD_PRELOAD"], 1],
  ])("%s: %i warnings", (names, count) => {
    expect(check(names)).toHaveLength(count);
  });

  it("names the variables and their files, and says which have no effect", () => {
    const checks = check(["OPENSSL_CONF"], ["NODE_OPTIONS"]);
    expect(checks.map(({ detail }) => detail)).toEqual([
      expect.stringContaining(`: OPENSSL_CONF (${PLACE}), which can change`),
      expect.stringContaining(`: NODE_OPTIONS (${PLACE}), which has no effect`),
    ]);
    for (const { status, remedy } of checks) {
      expect([status, remedyText(remedy ?? [])]).toEqual(["warning", expect.stringContaining("run: ")]);
    }
  });

  it.each([
    ["NOVACULA_CONFIG", "/etc/novacula/b.toml # mine"],
    ["HTTPS_PROXY", "http://proxy:3128\t#corp"],
    ["no_proxy", "a.corp # not b.corp"],
    ["ALL_PROXY", "http://proxy:3128# from a quoted value"],
  ])("says of %s=%s that its comment is part of the value, and not what the value is", (name, value) => {
    const sources = new Map([[name, PLACE]]);
    const [found, ...more] = checkEnvironment({
      variables: { [name]: value },
      sources,
      unset: new Map(),
      ignored: [],
    });
    expect(more).toEqual([]);
    expect(found?.detail).toContain(`${name} (${PLACE}) ends in a comment, but what begins with #`);
    expect(found?.detail).not.toContain("corp");
    expect(found?.status).toBe("warning");
    expect(remedyText(found?.remedy ?? [])).toMatch(
      /systemctl daemon-reload && (?:sudo )?novacula-agent restart$/u,
    );
  });

  it("has no word for a # in a value, nor for a variable that the agent does not read", () => {
    const variables = { HTTPS_PROXY: "http://u:a%23b@proxy:3128/#x", NOTE: "a # b" };
    const sources = new Map(Object.keys(variables).map((name) => [name, PLACE]));
    expect(checkEnvironment({ variables, sources, unset: new Map(), ignored: [] })).toEqual([]);
  });

  it("names the first lines of its files that set nothing", () => {
    const places = [1, 2, 3, 4, 5].map((line) => `/etc/default/proxy line ${line}`);
    expect(check([], [], places.slice(0, 1))[0]?.detail).toContain("ignores /etc/default/proxy line 1: ");
    expect(check([], [], places)[0]?.detail).toContain("/etc/default/proxy line 3 and 2 more: ");
  });
});

describe.each(["novacula-agent", "novacula-control-plane"])("%s.service", (name) => {
  it("passes none of them on", () => {
    const unit = readFileSync(new URL(`../../../systemd/${name}.service`, import.meta.url), "utf8");
    const unset = unit.match(/^UnsetEnvironment=(.*)$/gmu)?.flatMap((line) => line.slice(17).split(" "));
    expect(unset).toEqual(RUNTIME_VARIABLES);
  });
});
