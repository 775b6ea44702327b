import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXECUTABLE } from "../../../../packaging/paths.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootEmpty, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const SLEEP = ["/usr/bin/sleep", "infinity"];
const UNIT = "bitcoin-node@btc-1.service";
const TEMPLATE = "/etc/systemd/system/bitcoin-node@.service";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("nodes without a package on $title", (release) => {
  it("run with what install wrote, over another install, and uninstall is refused until they are stopped", async () => {
    const machine = await bootEmpty(release);
    copyFileSync(EXECUTABLE, machine.path("/srv/novacula-agent"));
    await machine.run(["/srv/novacula-agent", "install"]);
    const host = new NodeHost(machine);
    const owners = await machine.sh(`stat -c '%a %U:%G' ${TEMPLATE} /usr/local/lib/novacula/node-hand`);
    expect(owners).toBe("644 root:root\n755 root:root");
    const pid = await host.start(UNIT, SLEEP);

    // A newer version has other templates: the node runs on.
    await machine.sh(`sed -i 's/^RestartSec=2s/RestartSec=3s/' ${TEMPLATE}`);
    const edited = await machine.try(["/srv/novacula-agent", "install"]);
    expect(edited.stderr).toContain(`${TEMPLATE} has been edited`);
    await machine.run(["/srv/novacula-agent", "install", "--force"]);
    expect(await host.pid(UNIT)).toBe(pid);
    expect(await host.property(UNIT, "RestartUSec")).toBe("2s");

    const refused = await machine.try(["novacula-agent", "uninstall"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`so nothing was changed: ${UNIT}.`);
    expect(await machine.run(["systemctl", "is-active", "novacula-agent"])).toBe("active");
    expect(await host.pid(UNIT)).toBe(pid);

    await host.order(`stop ${UNIT}`);
    await host.untilState(UNIT, "inactive");
    await host.order(`delete ${UNIT} data=btc-1`);
    await machine.sh(`test -e ${TEMPLATE} && ! test -e /var/lib/private/novacula-nodes/btc-1`);
    await machine.run(["novacula-agent", "uninstall"]);
    await machine.sh(
      `! test -e ${TEMPLATE} && ! test -e /usr/local/lib/novacula && ! test -e /run/novacula-nodes.sock`,
    );
    expect(await machine.run(["systemctl", "--failed", "--no-legend"])).toBe("");
  });

  it("are refused if the template is not root's alone", async () => {
    const machine = await bootEmpty(release);
    copyFileSync(EXECUTABLE, machine.path("/srv/novacula-agent"));
    await machine.run(["/srv/novacula-agent", "install"]);
    const host = new NodeHost(machine);
    await host.write("btc-1", "node", SLEEP);
    await machine.sh(`chmod 0664 ${TEMPLATE}`);
    expect(await host.ask(`run ${UNIT}`)).toEqual(["error the unit file is not only root's"]);
    await machine.sh(`chmod 0644 ${TEMPLATE}; chown novacula ${TEMPLATE}`);
    expect(await host.ask(`run ${UNIT}`)).toEqual(["error the unit file is not only root's"]);
    await machine.sh(
      `mkdir -p /run/systemd/system; mv ${TEMPLATE} /run/systemd/system; systemctl daemon-reload`,
    );
    expect(await host.ask(`run ${UNIT}`)).toEqual(["error the unit file is not the one that was installed"]);
    expect(await host.state(UNIT)).toBe("inactive");
  });
});
