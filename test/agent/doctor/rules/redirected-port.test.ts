import { describe, expect, it } from "vitest";
import {
  redirectsByIptables,
  redirectsByNftables,
} from "../../../../src/agent/doctor/rules/redirected-port.ts";

const NAT = "\t\ttype nat hook output priority -100; policy accept;";
const table = (chain: string, lines: readonly string[]) =>
  `table inet lb {\n\tset bad {\n\t\ttype ipv4_addr\n\t}\n\n\tchain ${chain} {\n${lines.map((line) => `${line}\n`).join("")}\t}\n`;

describe("a rule of nftables", () => {
  it.each([
    ["tcp dport 8443 redirect to :9443", true],
    ["ip daddr 127.0.0.0/8 tcp dport { 443, 8443 } counter packets 7 bytes 420 dnat to 10.0.0.1:80", true],
    ["tcp dport 8000-9000 redirect to :1", true],
    ["meta l4proto tcp redirect to :3128", true],
    ['tcp dport 8443 xt target "REDIRECT"', true],
    ["redirect to :tcp dport map { 443 : 80, 8443 : 9443 }", true],
    ["tcp dport != 22 redirect to :1", true],
    ["tcp dport 443 redirect to :8443", false],
    ["tcp dport != 8443 redirect to :1", false],
    ["udp dport 8443 redirect to :53", false],
    ["tcp dport 8443 accept", false],
    ["redirect to :tcp dport map { 443 : 8443 }", false],
  ])("%s redirects port 8443: %s", (rule, isNamed) => {
    const shown = `${rule.replace("counter packets 7 bytes 420 ", "")} (table inet lb, chain out)`;
    const ruleset = `${table("out", [NAT, `\t\t${rule}`])}}\n`;
    expect(redirectsByNftables(ruleset, "8443").map((each) => each.shown)).toEqual(isNamed ? [shown] : []);
  });

  it("counts only in a chain that sees what this host sends, or to which such a chain jumps", () => {
    const rule = "\t\ttcp dport 8443 redirect to :9443";
    const filter = "\t\ttype nat hook prerouting priority dstnat; policy accept;";
    expect(redirectsByNftables(`${table("pre", [filter, rule])}}\n`, "8443")).toEqual([]);
    const jumping = `${table("out", [NAT, "\t\tfib daddr type local jump DOCKER"])}\tchain DOCKER {\n${rule}\n\t}\n}\n`;
    expect(redirectsByNftables(jumping, "8443").map(({ shown }) => shown)).toEqual([
      "tcp dport 8443 redirect to :9443 (table inet lb, chain DOCKER)",
    ]);
    expect(redirectsByNftables(jumping, "443")).toEqual([]);
  });
});

describe("a rule of iptables", () => {
  const of = (...rules: readonly string[]) =>
    ["-P PREROUTING ACCEPT", "-P OUTPUT ACCEPT", "-N DOCKER", ...rules, ""].join("\n");

  it.each([
    [["-A OUTPUT -p tcp -m tcp --dport 8443 -j REDIRECT --to-ports 9443"], 1],
    [["-A OUTPUT -p tcp -m multiport --dports 443,8000:9000 -j DNAT --to-destination 10.0.0.1"], 1],
    [
      ["-A OUTPUT -m addrtype -j DOCKER", "-A DOCKER -p tcp --dport 8443 -j DNAT --to-destination 1.2.3.4"],
      1,
    ],
    [["-A OUTPUT -p tcp -m tcp ! --dport 22 -j REDIRECT"], 1],
    [["-A DOCKER -p tcp --dport 8443 -j DNAT --to-destination 1.2.3.4"], 0],
    [["-A PREROUTING -p tcp --dport 8443 -j REDIRECT --to-ports 9443"], 0],
    [["-A OUTPUT -p tcp -m tcp ! --dport 8443 -j REDIRECT"], 0],
    [["-A OUTPUT -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443"], 0],
    [["-A OUTPUT -p tcp -m tcp --dport 8443 -j RETURN"], 0],
  ])("%j redirects port 8443: %i", (rules, count) => {
    const found = redirectsByIptables(of(...rules), "8443", "iptables");
    expect(found).toHaveLength(count);
    for (const each of found) {
      expect(each.shown).toBe(`${rules.at(-1)} (table nat)`);
    }
  });
});
