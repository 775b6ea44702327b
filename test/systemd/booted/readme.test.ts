import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../../../packaging/paths.ts";
import { noteKey } from "../../support/canary.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, haveMachines, suiteRoots } from "./support/hosts.ts";
import type { Machine } from "./support/machine.ts";

/** Stand-ins for what a test root lacks: sudo, and a person who types one line in an editor. */
const SUDO = '#!/bin/sh\nexec "$@"\n';
const NANO = `#!/bin/sh\nexec sed -i 's|^url = .*|url = "http://127.0.0.1:3000"|' "$1"\n`;

/** The commands of a section of a document, word for word. */
function commandsOf(section: string, path = "README.md"): readonly string[] {
  const document = readFileSync(join(CHECKOUT, path), "utf8");
  const text = document.split(`\n## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  const block = /```sh\n([\s\S]*?)```/u.exec(text)?.[1];
  if (block === undefined) {
    throw new Error(`${path} has no commands under ${section}`);
  }
  return block.trim().split("\n");
}

/** The key that a command has shown. */
function shownKey(output: string): string {
  const key = /exc_[A-Za-z]{64}/u.exec(output)?.[0];
  if (key === undefined) {
    throw new Error("the command showed no key");
  }
  noteKey(key);
  return key;
}

async function addStandIns(machine: Machine): Promise<void> {
  for (const [name, script] of Object.entries({ sudo: SUDO, nano: NANO })) {
    await machine.sh(`cat > /usr/local/bin/${name}; chmod +x /usr/local/bin/${name}`, script);
  }
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the documents on $title", (release) => {
  it("README: install both programs, bring an executor online, and rotate its key", async () => {
    const machine = await bootEmpty(release);
    const { nodes, agent, controlPlane } = suiteRoots().archives;
    for (const archive of [nodes, agent, controlPlane]) {
      copyFileSync(archive, machine.path(`/srv/${basename(archive)}`));
    }
    await addStandIns(machine);
    const host = new ExecutorHost(machine);
    const run = (commands: readonly string[], stdin?: string) =>
      machine.sh(`cd /srv; set -e\n${commands.join("\n")}`, stdin);

    const first = shownKey(await run(commandsOf("Install the control plane")));
    await run(commandsOf("Install the agent"), `${first}\n`);
    expect(await host.status()).toMatchObject({ state: "online", key: { name: "prod" } });

    const [create = "", setKey = "", revoke = ""] = commandsOf("Rotate");
    const second = shownKey(await run([create]));
    await run([setKey], `${second}\n`);
    await run([revoke]);
    expect(await host.status()).toMatchObject({ state: "online", key: { name: "prod-2" } });
    expect(await host.refusedSyncs()).toBe(0);
  });

  it("docs/control-plane/backup-upgrade.md: back up and restore", async () => {
    const document = "docs/control-plane/backup-upgrade.md";
    const host = await ExecutorHost.boot(release);
    const { machine } = host;
    await addStandIns(machine);
    await host.createKey("before");
    await machine.sh(commandsOf("Backup", document).join("\n"));
    await host.createKey("after");
    const restore = commandsOf("Restore", document).join("\n");
    await machine.sh(`set -e\n${restore.replace("BACKUP.db", "/var/backups/control-plane-*.db")}`);
    const listed = await machine.run(["novacula-control-plane", "keys", "list"]);
    expect(listed).toContain("before");
    expect(listed).not.toContain("after");
  });
});
