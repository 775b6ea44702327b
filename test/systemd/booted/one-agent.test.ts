import { describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const SERVICE = "novacula-agent.service";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("one agent on a host, on $title", (release) => {
  it("a person's run beside the service loses, and names it", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { MainPID } = await host.show("MainPID");
    const second = await host.machine.try(["novacula-agent", "run"]);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toMatch(
      new RegExp(
        `another novacula-agent runs already \\(PID ${MainPID}, user novacula, unit ${SERVICE}, since .*\\n.*systemctl stop ${SERVICE}$`,
        "mu",
      ),
    );
    await host.untilOnline(key);
    expect(String((await host.status()).pid)).toBe(MainPID);
  });

  it("the service beside a person's run fails in words, leaves the socket, and runs when that ends", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    await machine.run(["systemctl", "stop", SERVICE]);
    await machine.sh("nohup novacula-agent run > /run/by-hand.log 2>&1 & echo $! > /run/by-hand.pid");
    await host.untilOnline(key);
    const pid = await machine.run(["cat", "/run/by-hand.pid"]);
    expect((await machine.try(["systemctl", "start", SERVICE])).exitCode).not.toBe(0);
    await eventually(async () => Number((await host.show("NRestarts"))["NRestarts"]) >= 2, {
      timeoutMs: 20_000,
      describe: "the service is tried again",
    });
    expect((await host.journal()).join("\n")).toContain(
      `nother novacula-agent runs already (PID ${pid}, user novacula`,
    );
    // The journal's errors alone show it, with the name of an event.
    await host.untilSaid(/agent\.[a-z-]+: .*nother novacula-agent runs already/u, "-p", "err");
    expect(String((await host.status()).pid)).toBe(pid);
    expect(await machine.run(["novacula-agent", "status"])).toContain("Online");
    expect(await machine.sh("find /var/lib/novacula /run/novacula ! -user novacula")).toBe("");

    await machine.run(["kill", pid]);
    await eventually(async () => (await host.show("ActiveState"))["ActiveState"] === "active", {
      timeoutMs: 20_000,
      describe: "the service runs",
    });
    await host.untilOnline(key);
    expect(String((await host.status()).pid)).toBe((await host.show("MainPID"))["MainPID"]);
  });

  it("the service beside a unit that starts at boot has one command that ends that for good", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    await machine.sh(`systemctl stop ${SERVICE}
      printf '%s\\n' '[Service]' 'ExecStart=/usr/bin/novacula-agent run' 'Restart=always' '[Install]' \\
        'WantedBy=multi-user.target' > /etc/systemd/system/third.service
      systemctl daemon-reload; systemctl enable --now third`);
    await host.untilOnline(key);
    expect((await machine.try(["systemctl", "start", SERVICE])).exitCode).not.toBe(0);
    const { stdout } = await machine.try(["novacula-agent", "doctor"]);
    const command = /^ {2}(systemctl disable --now third\.service && .*)$/mu.exec(stdout)?.[1];
    expect(stdout).toMatch(/PID \d+, user novacula, unit third\.service, since [\d-]+ [\d:]+ UTC, with /u);
    await machine.sh(command ?? `echo '${stdout.replaceAll("'", "")}'; false`);
    await host.untilOnline(key);
    expect(String((await host.status()).pid)).toBe((await host.show("MainPID"))["MainPID"]);
    expect((await machine.try(["systemctl", "is-enabled", "third"])).stdout).toContain("disabled");
  });

  it("two under one name name each other by PID and unit, and doctor the other's file", async () => {
    const { host } = await ExecutorHost.online(release);
    const { machine } = host;
    // With the sandbox of the real unit, which hides most of /proc.
    await machine.sh(`install -d -m 0700 -o novacula -g novacula /srv/second
      { cat /etc/novacula/agent.toml
        printf '[agent]\\ndata_dir = "/srv/second"\\nruntime_dir = "/srv/second"\\n'; } > /etc/novacula/second.toml
      chown root:novacula /etc/novacula/second.toml; chmod 0640 /etc/novacula/second.toml
      sed 's#novacula-agent run$#& --config /etc/novacula/second.toml#; /^RuntimeDirectory/d; /^StateDirectory/d; /OpenFile/d
        s#^ProtectSystem=.*#&\\nReadWritePaths=/srv/second#' /usr/lib/systemd/system/novacula-agent.service \\
        > /etc/systemd/system/second.service
      systemctl daemon-reload; systemctl start second`);
    const { MainPID } = await host.show("MainPID");
    const second = await machine.run(["systemctl", "show", "second", "--property=MainPID", "--value"]);
    const other = new RegExp(`PID ${second} \\(second\\.service\\) on this host`, "u");
    await host.untilSaid(new RegExp(`executor\\.duplicate: .*${other.source}`, "u"), "-p", "err");
    await host.untilStatusText(other);
    expect(await machine.run(["novacula-agent", "status"])).toMatch(other);
    const mutual = new RegExp(`executor\\.duplicate: .*PID ${MainPID} \\(${SERVICE}\\) on this host`, "u");
    await eventually(
      async () =>
        mutual.test(await machine.sh("journalctl --sync; journalctl -b -u second -o cat --no-pager")),
      { timeoutMs: 40_000, describe: "the second one says so, too" },
    );
    const doctor = await machine.try(["novacula-agent", "doctor"]);
    expect(doctor.exitCode).not.toBe(0);
    expect(doctor.stdout).toContain("/etc/novacula/second.toml");
    expect(doctor.stdout).not.toContain("cloned");
  });
});
