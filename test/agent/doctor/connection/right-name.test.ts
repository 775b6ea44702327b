import { describe, expect, it } from "vitest";
import { checkConnection } from "../../../../src/agent/doctor/check-connection.ts";
import type { Connection } from "../../../../src/agent/doctor/connection/exchange.ts";
import { isPlainHost, rightNameSteps } from "../../../../src/agent/doctor/connection/right-name.ts";
import { adviseInPod, asRoot } from "../../../../src/lib/shell-word.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const URL_OF = "https://cp.fra.example:8443";
const RIGHT = { name: "control.fra.example", path: "/etc/novacula/agent.toml", line: 28 };
const SED = asRoot(
  String.raw`sed -i --follow-symlinks '28s#//cp\.fra\.example\b#//control.fra.example#I' /etc/novacula/agent.toml`,
);

function remedyOf(more: Partial<Connection>): string {
  const checks = checkConnection({
    url: URL_OF,
    urlSource: "control_plane.url, /etc/novacula/agent.toml line 28",
    route: { kind: "direct" },
    proxySource: undefined,
    answer: {
      kind: "unreachable",
      cause: "tls-name-mismatch",
      detail: "the certificate of cp.fra.example:8443 is for control.fra.example, not for that name",
      remedy: "Use one of the certificate's names.",
      serverTimeMs: undefined,
    },
    nowMs: 0,
    ...more,
  });
  return remedyText(checks.find(({ stage }) => stage === "tls")?.remedy ?? []);
}

describe("a certificate for another name of the same server", () => {
  it("has the command that puts the name into the URL", () => {
    expect(remedyOf({ rightName: RIGHT })).toMatch(/^The name control\.fra\.example of the certificate /u);
    expect(remedyOf({ rightName: RIGHT }).endsWith(SED)).toBe(true);
    expect(remedyOf({})).toBe("Use one of the certificate's names.");
  });

  it("has it before what the control plane of this host can change", () => {
    const local = {
      active: "active",
      result: "success",
      isMasked: false,
      url: URL_OF,
      address: undefined,
      settings: {},
      certPath: "/srv/cp.pem",
    };
    const here = { isLoopbackUp: true, local };
    expect(remedyOf({ rightName: RIGHT, here })).toMatch(
      / run: (?:sudo )?sed -i .* TLS_CERT \/srv\/cp\.pem\. /u,
    );
    expect(remedyOf({ here })).toMatch(
      /^Use one of the certificate's names\. .* TLS_CERT \/srv\/cp\.pem\. /u,
    );
  });

  it("has no command in a pod, whose agent.toml is a ConfigMap", () => {
    adviseInPod("agent-0");
    try {
      expect(remedyOf({ rightName: RIGHT })).toBe("Use one of the certificate's names.");
    } finally {
      adviseInPod(undefined);
    }
  });
});

it("only plain hosts get into a command", () => {
  for (const host of ["a", "cp-1.fra.example", "10.0.0.5", "XN--a.example"]) {
    expect(isPlainHost(host), host).toBe(true);
  }
  for (const host of ["", "*.fra.example", "a..b", "-a", "a#b", "a'b", "a&b", "[::1]", "a.", "a\nb", "a b"]) {
    expect(isPlainHost(host), host).toBe(false);
    expect(rightNameSteps(URL_OF, { ...RIGHT, name: host })).toEqual([]);
  }
  expect(rightNameSteps("https://[::1]:8443", RIGHT)).toEqual([]);
});
