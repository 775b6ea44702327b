import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../../packaging/paths.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const DROP_IN = "/etc/systemd/system/novacula-agent.service.d";
const DOCUMENT = readFileSync(inCheckout("docs/systemd-credential.md"), "utf8");
const SETTINGS = block("toml").replace(
  "[control_plane]\n",
  '[control_plane]\nurl = "http://127.0.0.1:3000"\n',
);
const ENCRYPTED = "LoadCredentialEncrypted=novacula-key:/etc/novacula/key.cred";

function block(language: string): string {
  const text = DOCUMENT.split(`\`\`\`${language}\n`)[1]?.split("```")[0];
  if (text === undefined) {
    throw new Error(`docs/systemd-credential.md has no ${language}`);
  }
  return text;
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a key from systemd on $title", (release) => {
  async function withCredential(host: ExecutorHost, line: string): Promise<void> {
    const dropIn = block("ini");
    expect(dropIn).toContain(ENCRYPTED);
    await host.writeConfig(SETTINGS);
    await host.machine.sh(
      `mkdir -p ${DROP_IN}; cat > ${DROP_IN}/key.conf
       systemctl daemon-reload; systemctl restart novacula-agent`,
      dropIn.replace(ENCRYPTED, line),
    );
  }

  it("LoadCredential=: online; a rotation needs a restart, and the service says nothing of file modes", async () => {
    const host = await ExecutorHost.boot(release);
    const first = await host.createKey("first");
    await host.machine.sh("umask 077; cat > /etc/novacula/key", `${first.secret}\n`);
    await withCredential(host, "LoadCredential=novacula-key:/etc/novacula/key");
    await host.untilOnline(first);
    expect((await host.journal("-p", "warning")).filter((line) => line.includes("readable"))).toEqual([]);

    const second = await host.createKey("second");
    await host.machine.sh("umask 077; cat > /etc/novacula/key", `${second.secret}\n`);
    await host.machine.run(["systemctl", "reload", "novacula-agent"]);
    expect((await host.status()).key?.fingerprint).toBe(first.fingerprint);
    await host.machine.run(["systemctl", "restart", "novacula-agent"]);
    await host.untilOnline(second);
  });

  it("LoadCredentialEncrypted=: online with a key that is encrypted on disk", async () => {
    const host = await ExecutorHost.boot(release);
    const key = await host.createKey("first");
    await host.machine.sh(
      "systemd-creds encrypt --with-key=host --name=novacula-key - /etc/novacula/key.cred",
      `${key.secret}\n`,
    );
    await withCredential(host, ENCRYPTED);
    await host.untilOnline(key);
  });
});
