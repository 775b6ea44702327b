import { expect, it } from "vitest";
import { checkConnection } from "../../../../src/agent/doctor/check-connection.ts";
import { filtersByIptables, filtersByNftables } from "../../../../src/agent/doctor/rules/outgoing-rules.ts";
import { nftRule } from "../../../../src/agent/doctor/rules/packet-rule.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const DOCKER = `table ip nat {
	chain OUTPUT {
		type nat hook output priority -100; policy accept;
		ip daddr != 127.0.0.0/8 fib daddr type local counter packets 0 bytes 0 jump DOCKER
	}
}
table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy drop;
		ct state established accept
	}
	chain OUTPUT {
		type filter hook output priority filter; policy accept;
	}
}
`;
const inet = (lines: string) =>
  `table inet fw {\n\tset bad {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1,\n\t\t\t10.0.0.2 }\n\t}\n\n\tchain out {\n${lines}\n\t}\n}\n`;

it.each([
  ["nothing", "", false],
  ["Docker, which filters nothing that this host sends", DOCKER, false],
  ["an empty chain", inet("\t\ttype filter hook output priority filter; policy accept;"), false],
  ["a policy", inet("\t\ttype filter hook output priority filter; policy drop;"), true],
  ["a rule", inet("\t\ttype filter hook output priority 0; policy accept;\n\t\ttcp dport 443 drop"), true],
  ["no policy", inet("\t\ttype filter hook output priority 0;\n\t\tip daddr @bad reject"), true],
  [
    "a jump",
    inet("\t\ttype filter hook output priority 0; policy accept;\n\t\tjump ufw-before-output"),
    true,
  ],
])("nftables with %s", (_what, ruleset, expected) => {
  expect(filtersByNftables(ruleset)).toBe(expected);
});

it.each([
  ["-P OUTPUT ACCEPT\n", false],
  ["", false],
  ["-P OUTPUT DROP\n", true],
  ["-P OUTPUT ACCEPT\n-A OUTPUT -p tcp -m tcp --dport 443 -j REJECT --reject-with tcp-reset\n", true],
])("iptables with %j", (chain, expected) => {
  expect(filtersByIptables(chain)).toBe(expected);
});

it.each([
  ["timeout", true],
  ["connection-refused", true],
  ["network", true],
  ["tls-untrusted", false],
  ["captive-portal", false],
] as const)("rules may be the cause of %s: %s", (cause, isSaid) => {
  const checks = checkConnection({
    url: "https://cp.example.com",
    urlSource: "control_plane.url",
    route: { kind: "direct" },
    proxySource: undefined,
    nowMs: 0,
    rules: { command: "nft list ruleset", redirects: [] },
    answer: {
      kind: "unreachable",
      cause,
      detail: "it failed",
      remedy: "Look there.",
      serverTimeMs: undefined,
    },
  });
  const bad = checks.find(({ status }) => status === "bad");
  expect(remedyText(bad?.remedy ?? [])).toBe(
    isSaid
      ? "Look there. This host has rules for outgoing packets, which may be the cause. To see them, run: nft list ruleset"
      : "Look there.",
  );
});

it.each([
  ["connection-refused", true],
  ["tls-name-mismatch", true],
  ["not-a-control-plane", true],
  ["dns", false],
  ["tls-expired", false],
] as const)("a redirect may be the cause of %s: %s", (cause, isSaid) => {
  const shown = "tcp dport 443 redirect to :9443 (table ip nat, chain out)";
  const redirects = [{ shown, rule: nftRule("ip nat", "out", "tcp dport 443 redirect to :9443", undefined) }];
  const checks = checkConnection({
    url: "https://cp.example.com",
    urlSource: "control_plane.url",
    route: { kind: "direct" },
    proxySource: undefined,
    nowMs: 0,
    rules: { command: "nft list ruleset", redirects },
    answer: { kind: "unreachable", cause, detail: "it failed", remedy: "Look.", serverTimeMs: undefined },
  });
  const bad = checks.find(({ status }) => status === "bad");
  expect(remedyText(bad?.remedy ?? [])).toBe(
    isSaid
      ? `Look. This may be the cause: this host redirects what it sends to that port, by the rule of nftables ${shown}. Delete it there, and in the file from which it is loaded. To see all rules, run: nft list ruleset`
      : "Look.",
  );
});
