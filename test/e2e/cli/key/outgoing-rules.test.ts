import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { home } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";

const IS_ROOT = process.geteuid?.() === 0;
/** Discard-only, RFC 6666: nobody answers there. */
const NOWHERE = "https://[100::1]";
const RULES = `table inet fw {
	chain out {
		type filter hook output priority filter; policy accept;
		tcp dport 443 drop
	}
}`;

/** Doctor on a host whose nft prints that, and whose control plane is not reached. */
async function examined(ruleset: string, url = NOWHERE, ip6tables?: string) {
  using place = home();
  place.write({ url, key: makeKey() });
  const programs = { nft: ruleset, ...(ip6tables !== undefined && { ip6tables }) };
  for (const [name, shown] of Object.entries(programs)) {
    writeFileSync(join(place.folder, name), `#!/bin/sh\ncat <<'END'\n${shown}\nEND\n`);
    chmodSync(join(place.folder, name), 0o755);
  }
  const environment = { PATH: `${place.folder}:${ENVIRONMENT.PATH}` };
  return (await command(["doctor", "-c", place.configPath], { environment })).stdout;
}

describe.skipIf(!IS_ROOT).concurrent("doctor on a host that does not reach the control plane", () => {
  it("names the host's own rules for outgoing packets, with the command that shows them", async () => {
    const stdout = await examined(RULES);
    expect(stdout).toMatch(/^This host has rules for outgoing packets, .* run:\n {2}nft list ruleset$/mu);
    expect(stdout).not.toContain("this host seems wrong");
  });

  it("names the chain that drops what this host sends to itself, with the rule that lets it pass", async () => {
    const stdout = await examined(
      RULES.replace("hook output priority filter; policy accept", "hook input priority filter; policy drop"),
      "http://127.0.0.1:1",
    );
    expect(stdout).toMatch(
      /table inet fw, chain out, by its policy\. .* run:\n {2}nft insert rule inet fw out iif lo accept$/mu,
    );
    expect(stdout).toContain("/etc/nftables.conf");
  });

  it("names the rule that redirects the connection, and the command that deletes that rule alone", async () => {
    const stdout = await examined(
      RULES.replace("type filter hook output", "type nat hook output").replace(
        "tcp dport 443 drop",
        'tcp dport 443 redirect to :9 comment "$(id) # handle 1" # handle 7',
      ),
    );
    expect(stdout).toMatch(
      /by the rule of nftables tcp dport 443 redirect to :9 .* run:\n {2}nft delete rule inet fw out handle 7$/mu,
    );
  });

  it("deletes a rule of iptables, which nft shows as well, by iptables", async () => {
    const ofNft = RULES.replace("type filter hook output", "type nat hook output").replace(
      "tcp dport 443 drop",
      "tcp dport 443 redirect to :9 # handle 7",
    );
    const ofIptables = "# nf_tables\n-P OUTPUT ACCEPT\n-A OUTPUT -p tcp --dport 443 -j REDIRECT --to-ports 9";
    const stdout = await examined(ofNft, NOWHERE, ofIptables);
    expect(stdout).toMatch(
      /by the rule of iptables .* run:\n {2}ip6tables -t nat -D OUTPUT -p tcp --dport 443 -j REDIRECT --to-ports 9$/mu,
    );
  });

  it("says nothing of rules that let everything pass", async () => {
    expect(await examined(RULES.replace(/^\s*tcp.*\n/mu, ""))).not.toContain("outgoing packets,");
  });
});
