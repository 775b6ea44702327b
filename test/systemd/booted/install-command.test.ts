import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXECUTABLE } from "../../../packaging/paths.ts";
import { complaints } from "./support/complaints.ts";
import { DEBIAN_RELEASES, type DebianRelease } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, bootInstalled, haveMachines } from "./support/hosts.ts";
import type { Machine } from "./support/machine.ts";

const UNIT = "/etc/systemd/system/novacula-agent.service";

async function withBinary(release: DebianRelease): Promise<Machine> {
  const machine = await bootEmpty(release);
  copyFileSync(EXECUTABLE, machine.path("/srv/novacula-agent"));
  return machine;
}

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("install without a package on $title", (release) => {
  it("says what it would do, does it, and does nothing the second time", async () => {
    const machine = await withBinary(release);
    const dry = await machine.run(["/srv/novacula-agent", "install", "--dry-run"]);
    expect(dry).toContain(`would     write ${UNIT}`);
    expect(dry).toContain("would     enable novacula-agent.service");
    expect(dry).toContain("would     restart novacula-agent.service");
    await machine.sh(`! test -e ${UNIT} && ! test -e /etc/novacula && ! id novacula 2>/dev/null`);

    const first = await machine.run(["/srv/novacula-agent", "install"]);
    const steps = (said: string) => [...said.matchAll(/^(?:would|done) +(.*)$/gmu)].map(([, step]) => step);
    expect(steps(first)).toEqual(steps(dry));
    const host = new ExecutorHost(machine);
    expect(await host.show("ActiveState", "NRestarts", "FragmentPath")).toEqual({
      ActiveState: "active",
      NRestarts: "0",
      FragmentPath: UNIT,
    });
    expect(await machine.run(["systemctl", "is-enabled", "novacula-agent"])).toBe("enabled");
    expect(await machine.run(["stat", "-c", "%a %U:%G", "/etc/novacula/agent.toml", UNIT])).toBe(
      "640 root:novacula\n644 root:root",
    );
    const { MainPID } = await host.show("MainPID");
    const second = await machine.run(["/usr/local/bin/novacula-agent", "install"]);
    expect(second).not.toMatch(/^done /mu);
    expect((await host.show("MainPID"))["MainPID"]).toBe(MainPID);
    await machine.sh("systemctl daemon-reload; systemctl daemon-reload; systemctl daemon-reload");
    expect(await complaints(machine)).toEqual([]);
    const environment = await machine.sh(`tr '\\0' '\\n' < /proc/${MainPID}/environ`);
    expect(environment.includes("LISTEN_FDNAMES=notify")).toBe(release.systemdVersion >= 253);
  });

  it("changes nothing where systemd does not run", async () => {
    const machine = await withBinary(release);
    const { exitCode, stderr } = await machine.try([
      ...["unshare", "--mount", "sh", "-c"],
      "mount -t tmpfs none /run && exec /srv/novacula-agent install",
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("systemd does not run this host, so nothing was changed");
    await machine.sh(`! test -e ${UNIT} && ! test -e /etc/novacula && ! id novacula 2>/dev/null`);
    await machine.sh("! test -e /usr/local/bin/novacula-agent");
  });

  it("leaves an edited unit alone without --force, and its drop-ins always", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    await machine.sh(`sed -i 's/^RestartSec=.*/RestartSec=9s/' ${UNIT}`);
    const refused = await machine.try(["/srv/novacula-agent", "install"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("has been edited");
    expect(await machine.run(["cat", UNIT])).toContain("RestartSec=9s");
    await machine.run(["/srv/novacula-agent", "install", "--force"]);
    expect(await machine.run(["cat", UNIT])).not.toContain("RestartSec=9s");
  });

  it("uninstalls what it installed, and keeps configuration and state", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    const said = await machine.run(["/usr/local/bin/novacula-agent", "uninstall"]);
    expect(said).toContain("Kept: /etc/novacula");
    await machine.sh(
      `! test -e ${UNIT}; ! test -e /usr/local/bin/novacula-agent; test -e /etc/novacula/agent.toml; test -d /var/lib/novacula`,
    );
    expect((await machine.try(["systemctl", "is-active", "novacula-agent"])).stdout.trim()).toBe("inactive");
    expect(await machine.run(["/srv/novacula-agent", "uninstall"])).toContain("Nothing to do");
  });

  it("uninstall --force removes no program that an edited unit names, and leaves the unit", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    await machine.sh(
      `sed -i 's|^ExecStart=.*|ExecStart=/usr/bin/env LANG=C /usr/local/bin/novacula-agent run|' ${UNIT}
       mkdir ${UNIT}.d; printf '[Service]\\nRestartSec=9s\\n' > ${UNIT}.d/own.conf; systemctl daemon-reload`,
    );
    const refused = await machine.try(["/srv/novacula-agent", "uninstall"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("was edited");
    await machine.sh(`test -e ${UNIT}; test -e /usr/local/bin/novacula-agent`);

    const said = await machine.run(["/srv/novacula-agent", "uninstall", "--force"]);
    expect(said).toContain(`Left: ${UNIT} was changed since install wrote it. To remove it: sudo rm ${UNIT}`);
    expect((await machine.try(["systemctl", "is-active", "novacula-agent"])).stdout.trim()).toBe("inactive");
    await machine.sh(
      `test -x /usr/bin/env; test -e ${UNIT}; test -e ${UNIT}.d/own.conf
       ! test -e /usr/local/bin/novacula-agent; ! test -e /var/lib/novacula-agent-install.json`,
    );
  });

  it("uninstall leaves a program that is not the one it installed any more", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install", "--binary", "/opt/novacula/agent"]);
    await machine.sh("cp /bin/true /opt/novacula/new; mv /opt/novacula/new /opt/novacula/agent");
    const said = await machine.run(["/srv/novacula-agent", "uninstall"]);
    expect(said).toContain("Left: /opt/novacula/agent was changed since install wrote it.");
    await machine.sh(`test -x /opt/novacula/agent; ! test -e ${UNIT}`);
  });

  it("uninstall of an installation without a record removes the unit, and names the program", async () => {
    const machine = await withBinary(release);
    await machine.run(["/srv/novacula-agent", "install"]);
    await machine.sh("rm /var/lib/novacula-agent-install.json");
    const said = await machine.run(["/srv/novacula-agent", "uninstall"]);
    expect(said).toContain("To remove it: sudo rm /usr/local/bin/novacula-agent");
    await machine.sh(`! test -e ${UNIT}; test -x /usr/local/bin/novacula-agent`);
  });

  it("install writes through nothing that was put in its way, and its unit says what was meant", async () => {
    const machine = await withBinary(release);
    await machine.sh("ln -s /etc/victim /usr/local/bin/novacula-agent.new; echo mine > /etc/victim");
    await machine.run(["/srv/novacula-agent", "install", "--binary", "/usr/local/bin/nova+a@b,c:d=e_f-g"]);
    expect(await machine.run(["cat", "/etc/victim"])).toBe("mine");
    const { ExecStart } = await new ExecutorHost(machine).show("ExecStart", "ActiveState");
    expect(ExecStart).toContain("path=/usr/local/bin/nova+a@b,c:d=e_f-g ;");
    await machine.sh("mkdir -m 1777 /srv/open");
    const refused = await machine.try(["/srv/novacula-agent", "install", "--binary", "/srv/open/agent"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      "others than root can write to /srv/open (owner root, group root, mode 1777)",
    );
    await machine.sh("! test -e /srv/open/agent");
  });

  it("starts, stops and restarts, passes systemctl's status on, and leaves the package's service to apt", async () => {
    const machine = await withBinary(release);
    const missing = await machine.try(["/srv/novacula-agent", "start"]);
    expect(missing.exitCode).toBe(5);
    expect(missing.stderr).toContain("novacula-agent install");
    await machine.run(["/srv/novacula-agent", "install"]);
    const host = new ExecutorHost(machine);
    for (const [verb, state] of [
      ["stop", "inactive"],
      ["start", "active"],
      ["restart", "active"],
    ]) {
      await machine.run(["novacula-agent", verb ?? ""]);
      expect((await host.show("ActiveState"))["ActiveState"]).toBe(state);
    }
    const packaged = await bootInstalled(release);
    const refused = await packaged.try(["novacula-agent", "install"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("use apt");
  });
});
