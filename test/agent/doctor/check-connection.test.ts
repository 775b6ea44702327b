import { describe, expect, it } from "vitest";
import { checkConnection, connectionUnchecked } from "../../../src/agent/doctor/check-connection.ts";
import type { Answer, Connection } from "../../../src/agent/doctor/connection/exchange.ts";
import { type Check, examination } from "../../../src/agent/doctor/examination.ts";
import { UNREACHABLE_CAUSES } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { RUNNING_HERE } from "../../support/agent/local-control-plane.ts";

const NOW_MS = Date.UTC(2026, 0, 2);
const DIRECT = { kind: "direct" } as const;
const PLACE = {
  url: "https://cp.example.com",
  urlSource: "control_plane.url, /srv/agent.toml line 2",
  proxySource: undefined,
  nowMs: NOW_MS,
};

function answer(more: Partial<Answer>): Answer {
  return {
    kind: "accepted",
    detail: "so",
    remedy: undefined,
    cause: undefined,
    serverTimeMs: NOW_MS,
    ...more,
  };
}

function statuses(given: Answer, route: Parameters<typeof checkConnection>[0]["route"] = DIRECT) {
  const checks = checkConnection({ ...PLACE, route, answer: given });
  return Object.fromEntries(checks.map(({ stage, status }) => [stage, status]));
}

/** The first rows of the connection, as doctor shows them. */
function rows(checks: readonly Check[]) {
  return examination("f", checks)
    .checks.slice(0, 4)
    .map(({ stage, status }) => `${status} ${stage}`);
}

describe("one exchange, read stage by stage", () => {
  it("accepted: everything on the way worked", () => {
    expect(new Set(Object.values(statuses(answer({}))))).toEqual(new Set(["ok"]));
  });

  it("a server that takes the question and stays silent is reached", () => {
    const silent = answer({ kind: "unreachable", cause: "timeout", serverTimeMs: undefined });
    expect(statuses(silent)).toMatchObject({ tcp: "bad", answer: "unknown" });
    expect(statuses({ ...silent, isConnected: true })).toMatchObject({
      tcp: "ok",
      tls: "ok",
      answer: "bad",
      authentication: "unknown",
    });
  });

  it("a certificate with its name in the common name alone is a warning, and no failure", () => {
    const tls = (hasAlternativeNames: boolean | undefined) =>
      checkConnection({ ...PLACE, route: DIRECT, answer: answer({}), hasAlternativeNames }).find(
        ({ stage }) => stage === "tls",
      );
    expect(tls(false)).toMatchObject({
      status: "warning",
      remedy: expect.stringContaining("subjectAltName"),
    });
    expect([tls(true)?.status, tls(undefined)?.status]).toEqual(["ok", "ok"]);
  });

  it("refused for ever, by the control plane of this host: one line makes another key", () => {
    const local = { active: "active", result: "success", isMasked: false, url: undefined, settings: {} };
    const here = { isLoopbackUp: true, local: { ...local, address: undefined } };
    const refused = answer({ kind: "refused", remedy: "Do.", needsKey: true });
    const remedyOf = (more: Partial<Parameters<typeof checkConnection>[0]>) =>
      remedyText(
        checkConnection({ ...PLACE, route: DIRECT, answer: refused, here, ...more }).find(
          ({ stage }) => stage === "authentication",
        )?.remedy ?? [],
      );
    expect(remedyOf({})).toMatch(
      /^Do\. Keys are .*, run: (?:sudo )?novacula-control-plane keys create --name replacement --key-only \| (?:sudo )?novacula-agent set-key$/u,
    );
    const proxy = new URL("http://127.0.0.1:3128");
    for (const more of [
      { here: undefined },
      { here: { isLoopbackUp: true, local: undefined } },
      { here: { ...here, local: { ...here.local, active: "failed" } } },
      { answer: { ...refused, needsKey: false } },
      { route: { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } },
    ] as const) {
      expect(remedyOf(more), JSON.stringify(more)).toBe("Do.");
    }
  });

  it("the service of this host's control plane is looked at before its answer is believed", () => {
    const url = "https://cp.example.com:3000";
    const local = {
      active: "active",
      result: "success",
      isMasked: false,
      url: "https://0.0.0.0:3000",
      address: undefined,
      settings: {},
      certPath: "/srv/cp.pem",
    };
    const badOf = (given: Answer, active: string, route: Connection["route"] = DIRECT) => {
      const here = { isLoopbackUp: true, local: { ...local, active }, holder: { pid: 7, name: "node" } };
      const check = checkConnection({ ...PLACE, url, route, answer: given, here }).find(
        ({ status }) => status === "bad",
      );
      return `${check?.detail} Fix: ${remedyText(check?.remedy ?? [])}`;
    };
    const refused = answer({ kind: "refused", remedy: "Run set-key.", needsKey: true });
    expect(badOf(refused, "failed")).toMatch(
      /^so; the service \S+ of this host has failed, .*PID 7 \(node\)/u,
    );
    expect(badOf(refused, "failed")).not.toContain("set-key");
    expect(badOf(refused, "active")).toContain("set-key");
    const proxy = new URL("http://127.0.0.1:3128");
    const proxied = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
    expect(badOf(refused, "failed", proxied)).toBe("so Fix: Run set-key.");
    const expired = answer({
      kind: "unreachable",
      cause: "tls-expired",
      detail: "the certificate of it expired",
      remedy: "Renew it.",
    });
    expect(badOf(expired, "active")).toMatch(/Fix: Renew it\. .* TLS_CERT \/srv\/cp\.pem\. /u);
    expect(badOf(expired, "active", proxied)).toMatch(/Fix: Renew it\.$/u);
  });

  it("refused: the way is good, the key is not", () => {
    expect(statuses(answer({ kind: "refused", remedy: "Do." }))).toEqual({
      proxy: "ok",
      dns: "ok",
      tcp: "ok",
      tls: "ok",
      answer: "ok",
      clock: "ok",
      authentication: "bad",
    });
  });

  it.each([
    ["server-error", "answer", ["authentication"]],
    ["foreign-refusal", "answer", ["authentication"]],
    ["dns", "dns", ["tcp", "tls", "answer", "authentication"]],
    ["connection-refused", "tcp", ["tls", "authentication"]],
    ["tls-expired", "tls", ["authentication"]],
    ["proxy-authentication", "proxy", ["dns", "tcp", "tls", "authentication"]],
  ] as const)("%s: fails at %s, and what lies behind is not told", (cause, stage, behind) => {
    const found = statuses(answer({ kind: "unreachable", cause, serverTimeMs: undefined }));
    expect(found[stage]).toBe("bad");
    for (const later of behind) {
      expect(found[later]).toBe("unknown");
    }
    expect(found["clock"]).toBe("unknown");
  });

  it("through a proxy, the name that is looked up is the proxy's", () => {
    const proxy = new URL("http://proxy.example.com:3128");
    const route = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
    const failed = (cause: "dns" | "proxy") =>
      statuses(answer({ kind: "unreachable", cause, serverTimeMs: undefined }), route);
    expect(failed("dns")).toMatchObject({ dns: "bad", proxy: "unknown", tcp: "unknown" });
    expect(failed("proxy")).toMatchObject({ dns: "ok", proxy: "bad", tcp: "unknown" });
  });

  it.each(UNREACHABLE_CAUSES)("%s is never an authentication that passed or failed", (cause) => {
    const found = statuses(answer({ kind: "unreachable", cause, serverTimeMs: undefined }));
    expect(found["authentication"]).toBe("unknown");
    expect(Object.values(found).filter((status) => status === "bad")).toHaveLength(1);
  });

  it("names where the address came from that does not work", () => {
    const bad = (cause: Answer["cause"], way: Partial<Connection> = {}) =>
      checkConnection({
        ...PLACE,
        route: DIRECT,
        ...way,
        answer: answer({ kind: "unreachable", cause, serverTimeMs: undefined }),
      }).find(({ status }) => status === "bad")?.detail;
    expect(bad("dns")).toBe("so (control_plane.url, /srv/agent.toml line 2)");
    expect(bad("server-error")).toBe("so (control_plane.url, /srv/agent.toml line 2)");
    const proxy = new URL("http://proxy.example.com:3128");
    const setting = "HTTPS_PROXY (/etc/default/novacula-agent line 2)";
    const proxied = {
      route: { kind: "proxy", proxy, source: "HTTPS_PROXY", setting },
      proxySource: "HTTPS_PROXY, /etc/default/novacula-agent line 2",
    } as const;
    // The name is the proxy's; the answer about a proxy says by itself what names it.
    expect(bad("dns", proxied)).toBe("so (HTTPS_PROXY, /etc/default/novacula-agent line 2)");
    expect(bad("proxy", proxied)).toBe("so");
    expect(bad("tls-untrusted", proxied)).toBe("so (control_plane.url, /srv/agent.toml line 2)");
  });

  it("a clock that is off is a warning, with the direction", () => {
    const [late, early] = [5, -5].map((minutes) =>
      checkConnection({
        ...PLACE,
        route: DIRECT,
        answer: answer({ serverTimeMs: NOW_MS + minutes * 60_000 }),
      }).find((check) => check.stage === "clock"),
    );
    expect(late).toMatchObject({ status: "warning", detail: expect.stringContaining("5 min behind") });
    expect(early).toMatchObject({ status: "warning", detail: expect.stringContaining("5 min ahead of") });
  });

  it("never shows the credentials of a proxy", () => {
    const proxy = new URL("http://user:hunter2@proxy.example.com:3128");
    const route = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
    const checks = checkConnection({ ...PLACE, route, answer: answer({}) });
    expect(JSON.stringify(checks)).toContain("proxy.example.com:3128");
    expect(JSON.stringify(checks)).not.toMatch(/hunter2|user:/u);
  });
});

describe("the verdict", () => {
  it("is bad with a failure, unknown with something unchecked, ok with nothing but warnings", () => {
    const unchecked = connectionUnchecked("no key");
    expect(examination("f", unchecked).verdict).toBe("unknown");
    expect(examination("f", [...unchecked, { stage: "file", status: "bad", detail: "d" }]).verdict).toBe(
      "bad",
    );
    expect(examination("f", [{ stage: "clock", status: "warning", detail: "d" }]).verdict).toBe("ok");
  });

  it("lists the checks in the order in which one needs the other", () => {
    const checks = [
      { stage: "unit", status: "ok", detail: "u" },
      { stage: "key", status: "ok", detail: "k" },
      { stage: "file", status: "ok", detail: "f" },
    ] as const;
    expect(examination("f", checks).checks.map((check) => check.stage)).toEqual(["file", "key", "unit"]);
  });

  it.each([
    ["a proxy that refuses", "proxy", ["ok dns", "bad proxy", "unknown tcp", "unknown tls"]],
    ["the name of a proxy", "dns", ["bad dns", "unknown proxy", "unknown tcp", "unknown tls"]],
    ["a server behind a proxy", "tls-expired", ["ok dns", "ok proxy", "ok tcp", "bad tls"]],
  ] as const)("lists what was not reached behind what failed: %s", (_what, cause, expected) => {
    const proxy = new URL("http://proxy.example.com:3128");
    const route = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
    const failed = answer({ kind: "unreachable", cause, remedy: "do so" });
    expect(rows(checkConnection({ ...PLACE, route, answer: failed }))).toEqual(expected);
  });

  it.each([
    [
      "a setting of the proxy that is wrong",
      "proxy",
      ["bad proxy", "unknown dns", "unknown tcp", "unknown tls"],
    ],
    ["a name", "dns", ["ok proxy", "bad dns", "unknown tcp", "unknown tls"]],
  ] as const)("and without a proxy: %s", (_what, cause, expected) => {
    const failed = answer({ kind: "unreachable", cause, remedy: "do so" });
    expect(rows(checkConnection({ ...PLACE, route: DIRECT, answer: failed }))).toEqual(expected);
  });

  it("says what the name means, and where the control plane of this host serves instead", () => {
    const known = {
      ...PLACE,
      route: DIRECT,
      address: "127.0.0.9 (/etc/hosts line 2)",
      here: {
        isLoopbackUp: true,
        local: {
          active: "active",
          result: "success",
          isMasked: false,
          url: "http://127.0.0.1:3001",
          address: undefined,
          settings: {},
        },
      },
    };
    const refused = answer({
      kind: "unreachable",
      cause: "connection-refused",
      remedy: "Look.",
      serverTimeMs: undefined,
    });
    const checks = checkConnection({ ...known, answer: refused });
    expect(checks.find(({ stage }) => stage === "dns")?.detail).toBe(
      "the address of cp.example.com is 127.0.0.9 (/etc/hosts line 2)",
    );
    expect(remedyText(checks.find(({ stage }) => stage === "tcp")?.remedy ?? [])).toContain(
      "serves http://127.0.0.1:3001: set control_plane.url to http://127.0.0.1:3001",
    );
    const proxy = new URL("http://127.0.0.1:3128");
    const route = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
    const others = [
      { ...known, here: undefined, answer: refused },
      { ...known, answer: { ...refused, cause: "connection-lost" } },
      // What is on this host is the proxy.
      { ...known, route, answer: { ...refused, cause: "redirect" } },
    ] as const;
    for (const other of others) {
      expect(remedyText(checkConnection(other).find(({ status }) => status === "bad")?.remedy ?? [])).toBe(
        "Look.",
      );
    }
  });

  it("warns of a key that ends within a week, and not of one that ends later", () => {
    const DAY_MS = 24 * 3600 * 1000;
    expect(statuses(answer({ endsAt: NOW_MS + DAY_MS }))["authentication"]).toBe("warning");
    expect(statuses(answer({ endsAt: NOW_MS + 30 * DAY_MS }))["authentication"]).toBe("ok");
  });
});

it("a program that puts an old key back comes before another key", () => {
  const rewritten = { path: "/etc/novacula/key", at: NOW_MS, owner: "root" };
  const refused = answer({ kind: "refused", remedy: "Run set-key.", needsKey: true, rewritten });
  const check = checkConnection({ ...PLACE, route: DIRECT, answer: refused }).find(
    ({ stage }) => stage === "authentication",
  );
  expect(remedyText(check?.remedy ?? [])).toMatch(
    /^\/etc\/novacula\/key was last written at .* grep .* Then: Run set-key\.$/u,
  );
});

it("a program that puts an old key back gets the new one, where keys are made", () => {
  const rewritten = { path: "/etc/novacula/key", at: NOW_MS, owner: "root" };
  const local = RUNNING_HERE;
  const refused = answer({ kind: "refused", remedy: "Run set-key.", needsKey: true, rewritten });
  const here = { isLoopbackUp: true, local };
  const asked = { ...PLACE, url: local.url, route: DIRECT, answer: refused, here };
  const check = checkConnection(asked).find(({ stage }) => stage === "authentication");
  const said = remedyText(check?.remedy ?? []);
  expect(said).toMatch(/ To make one in a file, run: .* Put it where that program has its key, or stop/u);
  expect(said).not.toContain("Run set-key.");
  expect(said.match(/keys create/gu)).toHaveLength(1);
});

it("a database without the key comes before the key, unless a proxy is asked", () => {
  const local = {
    ...RUNNING_HERE,
    database: "/srv/cp.db",
  };
  const unknown = { acceptedAt: NOW_MS };
  const refused = answer({ kind: "refused", detail: "it refuses", remedy: "Run.", needsKey: true, unknown });
  const said = (isKeyless: boolean, route: Connection["route"] = DIRECT) => {
    const here = { isLoopbackUp: true, local: { ...local, isKeyless } };
    const asked = { ...PLACE, url: local.url, route, answer: refused, here };
    const check = checkConnection(asked).find(({ stage }) => stage === "authentication");
    return `${check?.detail} ${remedyText(check?.remedy ?? [])}`;
  };
  expect(said(true)).toMatch(/^the database .*\/srv\/cp\.db, .*no keys at all.*; so it refuses If the keys/u);
  expect(said(false)).toMatch(
    /^it refuses; the control plane of this host answers there.* Run\. Keys are made/u,
  );
  const proxy = new URL("http://127.0.0.1:3128");
  const route = { kind: "proxy", proxy, source: "HTTPS_PROXY", setting: "HTTPS_PROXY" } as const;
  expect(said(true, route)).toBe("it refuses Run.");
});

it("why the control plane of this host does not run comes before what was seen of it", () => {
  const local = {
    active: "failed",
    result: "exit-code",
    isMasked: false,
    url: undefined,
    address: undefined,
    settings: {},
    words: { kind: "said", why: "cannot open the database", remedy: undefined },
  } as const;
  const refused = answer({
    kind: "unreachable",
    cause: "connection-refused",
    detail: "connection refused by 127.0.0.1:3000 (ECONNREFUSED)",
  });
  const here = { local, isLoopbackUp: true };
  const checks = checkConnection({ ...PLACE, route: DIRECT, answer: refused, here });
  expect(checks.find(({ status }) => status === "bad")?.detail).toBe(
    "the control plane of this host did not start: cannot open the database; so connection refused by 127.0.0.1:3000 (ECONNREFUSED) (control_plane.url, /srv/agent.toml line 2)",
  );
});
