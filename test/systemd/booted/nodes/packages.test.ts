import { copyFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { DEBIAN_RELEASES, type DebianRelease } from "../support/debian-release.ts";
import { bootEmpty, haveMachines, suiteRoots } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const UNIT = "bitcoin-node@btc-1.service";
const DATA = "/var/lib/private/novacula-nodes/btc-1";
/** Takes two seconds to end, and says that it did. */
const CLIENT = [
  "/bin/sh",
  "-c",
  "trap 'sleep 2; date >$HOME/flushed; exit 0' TERM; while :; do sleep 0.2; done",
];
const APT = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"];

type Archive = keyof ReturnType<typeof suiteRoots>["archives"];

class PackagedHost extends NodeHost {
  /** As apt does it for somebody who asks for the agent: novacula-nodes comes along. */
  static override async boot(release: DebianRelease): Promise<PackagedHost> {
    const host = new PackagedHost(await bootEmpty(release));
    await host.apt("install", host.put("nodes"), host.put("agent"));
    await host.machine.run(["apt-mark", "auto", "novacula-nodes"]);
    return host;
  }

  put(archive: Archive): string {
    const path = `/srv/${archive}-${basename(suiteRoots().archives[archive])}`;
    copyFileSync(suiteRoots().archives[archive], this.machine.path(path));
    return path;
  }

  async apt(...args: readonly string[]): Promise<string> {
    return await this.machine.run([...APT, ...args]);
  }

  async isInstalled(name: string): Promise<boolean> {
    const { stdout } = await this.machine.try(["dpkg-query", "--status", name]);
    return stdout.includes("Status: install ok installed");
  }
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("nodes and packages on $title", (release) => {
  it("the same processes run after upgrades, removal and purge of the agent, and after autoremove", async () => {
    const host = await PackagedHost.boot(release);
    const { machine } = host;
    const pid = await host.start(UNIT, CLIENT);
    await host.apt("install", host.put("newerNodes"), host.put("newer"));
    expect(await host.pid(UNIT)).toBe(pid);
    await host.order(`run ${UNIT}`);
    // As after an upgrade from a repository.
    await machine.run(["apt-mark", "auto", "novacula-nodes"]);

    await host.apt("remove", "novacula-agent");
    await host.apt("autoremove");
    expect(await host.isInstalled("novacula-agent")).toBe(false);
    expect(await host.isInstalled("novacula-nodes")).toBe(true);
    expect(await host.pid(UNIT)).toBe(pid);
    // The configuration file of apt is what keeps it.
    await machine.sh("mv /etc/apt/apt.conf.d/50novacula-nodes /srv");
    expect(await host.apt("--simulate", "autoremove")).toContain("Remv novacula-nodes");
    await machine.sh("mv /srv/50novacula-nodes /etc/apt/apt.conf.d");

    const said = await host.apt("purge", "novacula-agent");
    expect(said).toContain("the nodes on this host stay");
    await host.apt("autoremove");
    expect(await host.pid(UNIT)).toBe(pid);
    await machine.sh("! test -e /etc/novacula && test -e /var/lib/novacula/nodes/btc-1/node.argv");
    await machine.reboot();
    await host.untilActive(UNIT);
    await machine.sh(`test -d ${DATA}`);
  }, 120_000);

  it("removing novacula-nodes stops the nodes in order and says so, and installing it brings them back", async () => {
    const host = await PackagedHost.boot(release);
    const { machine } = host;
    await host.start(UNIT, CLIENT);
    const said = await host.apt("remove", "novacula-nodes");
    expect(said).toContain(`novacula-nodes: stopping nodes, which may take minutes: ${UNIT}`);
    expect(said).toContain("Their data stays");
    await machine.sh(`test -e ${DATA}/flushed && test -e /var/lib/novacula/nodes/btc-1/node.argv`);
    expect(await host.pid(UNIT)).toBe(0);
    expect(await machine.run(["systemctl", "--failed", "--no-legend"])).toBe("");

    await host.apt("install", host.put("nodes"), host.put("agent"));
    await host.untilActive(UNIT);
    await host.apt("purge", "novacula-nodes", "novacula-agent");
    await machine.sh(`test -e ${DATA}/flushed && test -e /var/lib/novacula/nodes/btc-1/node.argv`);
    await machine.sh("! test -e /etc/systemd/system/novacula-nodes.target.wants");
  }, 120_000);
});
