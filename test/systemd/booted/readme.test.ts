import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../../../packaging/paths.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, haveMachines, suiteRoots } from "./support/hosts.ts";

/** The commands of the README's section on installing the agent, word for word. */
function serverCommands(): string {
  const readme = readFileSync(join(CHECKOUT, "README.md"), "utf8");
  const section = readme.split("\n## Install the agent\n")[1]?.split("\n## ")[0] ?? "";
  return /```sh\n([\s\S]*?)```/u.exec(section)?.[1] ?? "";
}

/** Stand-ins for what a test root lacks: sudo, and a person who types one line in an editor. */
const SUDO = '#!/bin/sh\nexec "$@"\n';
const NANO = `#!/bin/sh\nexec sed -i 's|^url = .*|url = "http://127.0.0.1:3000"|' "$1"\n`;

const commands = serverCommands();

describe.skipIf(!haveMachines || commands === "").each(DEBIAN_RELEASES)("the README on $title", (release) => {
  it("installs, configures and starts an executor that is online, word for word", async () => {
    const machine = await bootEmpty(release);
    const host = new ExecutorHost(machine);
    const { agent, controlPlane } = suiteRoots().archives;
    for (const archive of [agent, controlPlane]) {
      copyFileSync(archive, machine.path(`/srv/${basename(archive)}`));
    }
    for (const [name, script] of Object.entries({ sudo: SUDO, nano: NANO })) {
      await machine.sh(`cat > /usr/local/bin/${name}; chmod +x /usr/local/bin/${name}`, script);
    }
    await machine.sh(`
      dpkg --install /srv/${basename(controlPlane)}
      until novacula-control-plane org create acme >/dev/null 2>&1; do sleep 0.1; done`);
    const key = await host.createKey("first");
    const said = await machine.sh(`cd /srv; ${commands}`, `${key.secret}\n`);
    expect(said).toContain(key.id);
    const { state, key: running } = await host.status();
    expect([state, running?.fingerprint]).toEqual(["online", key.fingerprint]);
  });
});
