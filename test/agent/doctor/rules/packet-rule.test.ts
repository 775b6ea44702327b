import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  dropSteps,
  dropsByIptables,
  dropsByNftables,
} from "../../../../src/agent/doctor/rules/dropped-here.ts";
import { redirectSteps } from "../../../../src/agent/doctor/rules/outgoing-rules.ts";
import { iptablesRule, nftRule, withoutHandles } from "../../../../src/agent/doctor/rules/packet-rule.ts";
import {
  redirectsByIptables,
  redirectsByNftables,
} from "../../../../src/agent/doctor/rules/redirected-port.ts";
import { placeOfRule } from "../../../../src/agent/doctor/rules/rule-file.ts";
import { asRoot } from "../../../../src/lib/shell-word.ts";
import { remedyLines } from "../../../../src/lib/text/remedy.ts";

const RULESET = `table inet lb { # handle 3
	chain out { # handle 1
		type nat hook output priority -100; policy accept;
		tcp dport 8443 counter packets 7 bytes 420 redirect to :9443 comment "x # handle 1" # handle 12
	}
}
`;

/** The words that a shell makes of a command. */
function words(command: string): readonly string[] {
  const script = `sudo() { "$@"; }; nft() { printf '%s\\n' nft "$@"; }; iptables() { printf '%s\\n' iptables "$@"; }\n${command}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).trimEnd().split("\n");
}

describe("the command that deletes a rule", () => {
  it("of nftables has its handle, whatever its comment says", () => {
    const [found] = redirectsByNftables(RULESET, "8443");
    expect(found?.rule.deletion).toBe(asRoot("nft delete rule inet lb out handle 12"));
    expect(found?.shown).not.toContain("handle 12");
    expect(redirectsByNftables(withoutHandles(RULESET), "8443")[0]?.rule.deletion).toBeUndefined();
  });

  it.each([
    "-A OUTPUT -p tcp -m tcp ! --dport 22 -j REDIRECT --to-ports 9443",
    String.raw`-A OUTPUT -p tcp -m comment --comment "a; \"\$(touch x)\" \'b\' \\ c" -j REDIRECT --to-ports 1`,
    "-A OUTPUT -p tcp -m comment --comment $(id)`id`&&id -j REDIRECT --to-ports 1",
  ])("of iptables is the rule in words that a shell leaves alone: %s", (line) => {
    const [found] = redirectsByIptables(line, "8443", "iptables");
    const [tool, ...own] = words(found?.rule.deletion ?? "");
    const comment = /"((?:[^"\\]|\\.)*)"/u.exec(line)?.[1]?.replaceAll(/\\(.)/gu, "$1");
    const written = line.replace(/"(?:[^"\\]|\\.)*"/u, "COMMENT").replace("-A OUTPUT", "-t nat -D OUTPUT");
    expect(tool).toBe("iptables");
    expect(own).toEqual(written.split(" ").map((word) => (word === "COMMENT" ? comment : word)));
  });

  it.each([
    `-A OUTPUT -m comment --comment "a\u202eb" -j REDIRECT`,
    `-A OUTPUT -m comment --comment "two  spaces" -j REDIRECT`,
    `-A OUTPUT -m comment --comment "${"x".repeat(400)}" -j REDIRECT`,
  ])("is none if a word cannot be shown as it is: %s", (line) => {
    expect(iptablesRule("iptables", "nat", line).deletion).toBeUndefined();
  });
});

describe("a rule that redirects", () => {
  it("is deleted alone, and in its file", () => {
    const [found] = redirectsByNftables(RULESET, "8443");
    const redirects =
      found === undefined ? [] : [{ ...found, file: { path: "/etc/a b", line: 4, isAlone: true } }];
    expect(
      remedyLines(redirectSteps("It is so, by", { command: "nft list ruleset", redirects })).slice(1),
    ).toEqual([
      `  ${asRoot("nft delete rule inet lb out handle 12")}`,
      "So that the next start of this host does not bring it back, make line 4 of /etc/a b a comment, too:",
      `  ${asRoot("sed -i --follow-symlinks '4s/^/# /' '/etc/a b'")}`,
    ]);
    const unknown = found === undefined ? [] : [found];
    expect(remedyLines(redirectSteps("by", { command: "", redirects: unknown })).at(-1)).toContain(
      "delete the rule in the file from which it is loaded (mostly /etc/nftables.conf), too.",
    );
  });
});

describe("a rule that drops", () => {
  const HERE = { address: "127.0.0.1", port: "3000" };

  it("has the command that deletes it after the one that lets the packets pass", () => {
    const ruleset = `table inet fw { # handle 1\n\tchain in { # handle 2\n\t\ttype filter hook input priority 0; policy accept;\n\t\ttcp dport 3000 drop # handle 9\n\t}\n}\n`;
    const lines = remedyLines(dropSteps(dropsByNftables(ruleset, HERE, false)));
    expect(lines).toContain(`  ${asRoot("nft insert rule inet fw in iif lo accept")}`);
    expect(lines.slice(-3, -1)).toEqual([
      "If nobody needs the rule that drops, delete it in place of that:",
      `  ${asRoot("nft delete rule inet fw in handle 9")}`,
    ]);
  });

  it("of iptables has it too, and a policy has none", () => {
    const of = (...lines: readonly string[]) =>
      remedyLines(dropSteps(dropsByIptables(lines.join("\n"), HERE, "iptables"))).join("\n");
    const rule = "INPUT -p tcp -m tcp --dport 3000 -j DROP";
    expect(of("-P INPUT ACCEPT", `-A ${rule}`)).toContain(`  ${asRoot(`iptables -D ${rule}`)}\n`);
    expect(of("-P INPUT DROP")).not.toContain("delete");
  });
});

describe("the place of a rule in a file", () => {
  const rule = nftRule(
    "inet lb",
    "out",
    'oifname "lo" tcp dport 8443 counter packets 1 bytes 2 redirect to :9443',
    "1",
  );
  const at = (text: string) =>
    placeOfRule(rule, [
      { path: "/etc/a", text: "table x {}\n" },
      { path: "/etc/b", text },
    ]);
  const IN = "oifname lo  tcp dport 8443 counter redirect to 9443";

  it.each([
    [
      "in its chain",
      `table inet lb {\n chain out {\n  type nat hook output priority 0;\n  ${IN};\n }\n}`,
      4,
      true,
    ],
    ["with a remark", `chain out {\n${IN} # old\n}`, 2, true],
    ["behind another table", `table ip x {\n}\ntable inet lb {\nchain out {\n${IN}\n}\n}`, 5, true],
    ["as a command", `flush ruleset\nadd rule inet lb out ${IN}\n`, 2, true],
    ["beside another", `chain out {\n tcp dport 1 accept; ${IN}\n}`, 2, false],
    ["in one line with its chain", `chain out { ${IN}; }`, 1, false],
  ])("is found %s", (_how, text, line, isAlone) => {
    expect(at(text)).toEqual({ path: "/etc/b", line, isAlone });
  });

  it.each([
    ["another chain", `chain pre {\n${IN}\n}\nchain out {\n}`],
    ["another chain behind it", `chain out {\n}\nchain pre {\n${IN}\n}`],
    ["another port", `chain out {\n${IN}0\n}`],
    ["a remark", `chain out {\n# ${IN}\n}`],
    ["another table", `add rule ip lb out ${IN}`],
    ["the same chain of another table", `table ip lb {\nchain out {\n${IN}\n}\n}\ntable inet lb {\n}`],
  ])("is not %s", (_what, text) => expect(at(text)).toBeUndefined());

  it("of iptables is in the section of its table", () => {
    const own = iptablesRule(
      "iptables",
      "nat",
      "-A OUTPUT -d 10.0.0.1/32 -p tcp -m tcp --dport 8443 -j REDIRECT",
    );
    const line = "-A OUTPUT -d 10.0.0.1 -p tcp --dport 8443 -j REDIRECT";
    const of = (text: string) => placeOfRule(own, [{ path: "/etc/iptables/rules.v4", text }])?.line;
    expect(of(`*filter\n${line}\nCOMMIT\n*nat\n[3:180] ${line}\nCOMMIT\n`)).toBe(5);
    expect(of(`*filter\n${line}\nCOMMIT\n`)).toBeUndefined();
  });
});
