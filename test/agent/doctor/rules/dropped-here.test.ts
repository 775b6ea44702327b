import { describe, expect, it } from "vitest";
import { remedyHere } from "../../../../src/agent/doctor/local/local-control-plane.ts";
import {
  dropSteps,
  dropsByIptables,
  dropsByNftables,
} from "../../../../src/agent/doctor/rules/dropped-here.ts";
import { asRoot } from "../../../../src/lib/shell-word.ts";
import { remedyLines, remedyText } from "../../../../src/lib/text/remedy.ts";

const HERE = { address: "127.0.0.1", port: "3000" };

/** A chain of a table, as nft shows it. */
function chain(rules: readonly string[], hook = "input", policy = "drop", table = "inet baseline") {
  const head = `type filter hook ${hook} priority filter; policy ${policy};`;
  return `table ${table} {\n\tchain ${hook} {\n${[head, ...rules].map((line) => `\t\t${line}\n`).join("")}\t}\n}\n`;
}

function byNftables(ruleset: string, packet = HERE) {
  return dropsByNftables(ruleset, packet, false).map(({ place, by }) => `${place}: ${by}`);
}

describe("a chain of nftables drops what this host sends to itself", () => {
  const POLICY = ["table inet baseline, chain input: its policy"];

  it.each([
    [["tcp dport 22 accept", "icmp type echo-request accept"]],
    [[]],
    [["ct state established,related accept"]],
    [["ct state vmap { established : accept, related : accept, invalid : drop }"]],
    [['iifname "eth0" accept', 'iif != "lo" accept']],
    [["ip saddr 10.0.0.0/8 accept", "ip saddr { 10.0.0.0/8, 192.168.1.1 } tcp dport 3000 accept"]],
    [["ip6 saddr ::1 accept", "udp dport 53 accept", "ip protocol esp accept", "tcp sport 3000 accept"]],
    [['tcp dport 22 counter packets 3 bytes 180 accept comment "lo accept"']],
  ])("by its policy, after the rules %j", (rules) => {
    expect(byNftables(chain(rules))).toEqual(POLICY);
  });

  it.each([
    ["tcp dport 3000 drop", "tcp dport 3000 drop"],
    ["tcp dport { 3000, 8080 } reject with tcp reset", "tcp dport { 3000, 8080 } reject with tcp reset"],
    ['iif "lo" counter packets 3 bytes 180 drop', 'iif "lo" drop'],
    ["meta l4proto tcp drop", "meta l4proto tcp drop"],
  ])("by the rule %s", (rule, shown) => {
    expect(byNftables(chain([rule, "iif lo accept"], "input", "accept"))).toEqual([
      `table inet baseline, chain input: the rule ${shown}`,
    ]);
  });

  it("but not if a rule lets it pass before, or may", () => {
    const passing = [
      'iif "lo" accept',
      'iifname "lo" counter packets 1 bytes 60 accept',
      'iifname vmap { "lo" : accept, "eth0" : jump world }',
      'iifname != "eth0" accept',
      "tcp dport { 22, 3000 } accept",
      "ip saddr 127.0.0.0/8 accept",
      "ip saddr @trusted accept",
      "ct state new,established accept",
      "accept",
    ];
    for (const rule of passing) {
      expect(byNftables(chain([rule, "tcp dport 3000 drop"]))).toEqual([]);
    }
    expect(byNftables(chain(["tcp dport 3001 drop", 'iif "eth0" drop'], "input", "accept"))).toEqual([]);
    expect(byNftables(chain([], "forward"))).toEqual([]);
    expect(byNftables("")).toEqual([]);
  });

  it("or one to which it jumps, which is followed once", () => {
    const jump = (rule: string) => `table inet baseline {\n\tchain own {\n\t\t${rule}\n\t}\n}\n`;
    const input = chain(["jump own"]);
    expect(byNftables(`${jump("iif lo accept")}${input}`)).toEqual([]);
    expect(byNftables(`${jump("jump own")}${input}`)).toEqual(POLICY);
    expect(byNftables(`${jump("drop")}${chain(["jump own"], "input", "accept")}`)).toEqual([
      "table inet baseline, chain input: the rule drop",
    ]);
  });

  it("only if its table is for that family, and is not kept by iptables", () => {
    const six = { address: "::1", port: "3000" };
    expect(byNftables(chain([], "input", "drop", "ip fw"), six)).toEqual([]);
    expect(byNftables(chain([], "input", "drop", "ip6 fw"), six)).toHaveLength(1);
    const kept = chain([], "input", "drop", "ip filter").replace("chain input", "chain INPUT");
    expect(dropsByNftables(kept, HERE, true)).toEqual([]);
    expect(dropsByNftables(kept, HERE, false)).toHaveLength(1);
  });

  it.each([
    ["input", "iif"],
    ["prerouting", "iif"],
    ["output", "oif"],
  ])("as it passes %s, and the command lets it pass", (hook, match) => {
    const [found] = dropsByNftables(chain([], hook), HERE, false);
    expect(found?.command).toBe(asRoot(`nft insert rule inet baseline ${hook} ${match} lo accept`));
    expect(byNftables(chain([`${match} "lo" accept`], hook))).toEqual([]);
  });
});

describe("a chain of iptables drops what this host sends to itself", () => {
  const found = (lines: readonly string[], tool = "iptables") =>
    dropsByIptables(["-P FORWARD DROP", ...lines].join("\n"), HERE, tool).map(
      ({ by, command }) => `${by}: ${command}`,
    );
  const INPUT = asRoot("iptables -I INPUT -i lo -j ACCEPT");

  it("by its policy, or by a rule", () => {
    const rules = [
      "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
      "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A INPUT -s 10.0.0.0/8 -i eth0 -j ACCEPT",
      '-A INPUT ! -i lo -m comment --comment "lo and all" -j ACCEPT',
      "-A INPUT -p icmp -j ACCEPT",
    ];
    expect(found(["-P INPUT DROP", "-P OUTPUT ACCEPT", ...rules])).toEqual([`its policy: ${INPUT}`]);
    const drop = "-A INPUT -p tcp -m tcp --dport 3000 -j REJECT --reject-with tcp-reset";
    expect(found(["-P INPUT ACCEPT", drop])).toEqual([`the rule ${drop}: ${INPUT}`]);
    expect(found(["-P OUTPUT DROP"], "ip6tables")).toEqual([
      `its policy: ${asRoot("ip6tables -I OUTPUT -o lo -j ACCEPT")}`,
    ]);
  });

  it("but not if a rule lets it pass", () => {
    expect(found(["-P INPUT DROP", "-A INPUT -i lo -j ACCEPT"])).toEqual([]);
    expect(found(["-P INPUT DROP", "-A INPUT ! -i eth0 -j ACCEPT"])).toEqual([]);
    expect(found(["-P INPUT DROP", "-N ufw", "-A INPUT -j ufw", "-A ufw -i lo -j ACCEPT"])).toEqual([]);
    expect(found(["-P INPUT ACCEPT", "-P OUTPUT ACCEPT"])).toEqual([]);
  });
});

describe("the control plane of this host that its firewall hides", () => {
  const running = { active: "active", result: "success", isMasked: false };
  const local = { ...running, url: "http://127.0.0.1:3000", address: undefined, settings: {} };
  const drops = dropsByNftables(chain(["tcp dport 22 accept"]), HERE, false);

  it.each(["timeout", "connection-refused", "network"] as const)("has the command: %s", (cause) => {
    const here = { local, isLoopbackUp: true, addresses: ["127.0.0.1"], drops };
    expect(remedyLines(remedyHere(here, cause, "http://127.0.0.1:3000") ?? [])).toEqual([
      "Fix: A rule of this host's firewall (nftables) drops what this host sends to itself over lo: table inet baseline, chain input, by its policy. To let it pass, run:",
      `  ${asRoot("nft insert rule inet baseline input iif lo accept")}`,
      "Write the same rule into the file from which the rules are loaded (mostly /etc/nftables.conf), or the next start of this host undoes it.",
    ]);
  });

  it("is started first if it does not run", () => {
    const here = { local: { ...local, active: "inactive" }, isLoopbackUp: true, drops };
    expect(remedyText(remedyHere(here, "timeout", "http://127.0.0.1:3000") ?? [])).toMatch(/is stopped/u);
    expect(dropSteps(drops)).toHaveLength(2);
  });
});
