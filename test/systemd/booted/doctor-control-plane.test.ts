import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { AUTHORITY, certificateChain, SERVER } from "../../support/certificate-chain.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { examine } from "./support/examine.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const SERVICE = "novacula-control-plane";
const DATABASE = "/var/lib/novacula-control-plane/control-plane.db";
const TLS = "/etc/novacula-control-plane";
const SETTINGS = "/etc/default/novacula-control-plane";
const DROP_INS = `/etc/systemd/system/${SERVICE}.service.d`;

/** Ways in which the control plane of the host cannot start, and what it says. */
const FAULTS = [
  {
    says: /fails at each start \(\d+ so far\): cannot open the database .* belongs to root/u,
    breaks: `systemctl stop ${SERVICE}; chown root:root ${DATABASE}; systemctl start ${SERVICE}`,
    // The commands that doctor prints are the whole repair.
    repairs: "",
  },
  {
    says: /did not start: the environment is not valid: PORT: must be an integer .*\(got many\)/u,
    breaks: `cp -p ${SETTINGS} /srv/settings; printf '%s\n' PORT=many LOG_FORMAT=json >> ${SETTINGS}; systemctl restart ${SERVICE}`,
    repairs: `cp -p /srv/settings ${SETTINGS}`,
  },
  {
    says: /fails at each start \(\d+ so far\): Failed at step EXEC spawning \/usr\/bin\/nothing: .*, after this host changed its unit: ExecStart=\/usr\/bin\/nothing \(.*x\.conf line 3\)/u,
    breaks: `mkdir ${DROP_INS}; printf '[Service]\nExecStart=\nExecStart=/usr/bin/nothing\n' > ${DROP_INS}/x.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`,
    repairs: "",
  },
  {
    says: /: a signal ended it \(SIG[A-Z]+\), as in a crash, because no Node\.js program can run with MemoryDenyWriteExecute=, after this host changed its unit: MemoryDenyWriteExecute=yes \(.*x\.conf line 3\)/u,
    breaks: `printf '[Service]\nNice=1\nMemoryDenyWriteExecute=yes\n' > ${DROP_INS}/x.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`,
    repairs: "",
  },
  {
    says: /: a signal ended it .*: MemoryDenyWriteExecute=true \(\/etc\/systemd\/system\/service\.d\/50-baseline\.conf line 2\)/u,
    breaks: `mkdir /etc/systemd/system/service.d
      printf '[Service]\nMemoryDenyWriteExecute=true\n' > /etc/systemd/system/service.d/50-baseline.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`,
    repairs: "",
  },
  {
    says: /: MemoryDenyWriteExecute=true \(\/etc\/systemd\/system\/service\.d\/60-site\.conf line 3\)/u,
    breaks: `printf '[Service]\nLockPersonality=yes\nMemoryDenyWriteExecute=true\nSystemCallFilter=~@mount\n' > /etc/systemd/system/service.d/60-site.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`,
    repairs: "",
  },
  {
    says: /did not start: systemd cannot use its unit: Service has more than one ExecStart= setting/u,
    breaks: `printf '[Service]\nExecStart=/usr/bin/novacula-control-plane serve\n' > ${DROP_INS}/twice.conf
      systemctl stop ${SERVICE}; systemctl daemon-reload; systemctl start ${SERVICE} || true`,
    repairs: "",
  },
  {
    says: /: ExecStartPre=\/srv\/wait of its unit ended with status 3: mgmt0 is not up, after this host changed its unit: ExecStartPre=\+\/srv\/wait \(.*novacula-\.service\.d\/10-mgmt\.conf line 3\)/u,
    breaks: `printf '#!/bin/sh\necho mgmt0 is not up >&2; exit 3\n' > /srv/wait; chmod 755 /srv/wait
      mkdir /etc/systemd/system/novacula-.service.d
      printf '[Service]\nExecStartPre=/bin/true\nExecStartPre=+/srv/wait\n' > /etc/systemd/system/novacula-.service.d/10-mgmt.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`,
    repairs: "",
  },
];

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("doctor of the agent on $title", (release) => {
  it("quotes why the control plane of the same host does not start, and judges the repair", async () => {
    const { host, key } = await ExecutorHost.online(release);
    for (const { says, breaks, repairs } of FAULTS) {
      await host.machine.try(["sh", "-c", breaks]);
      // Its last answer counts until its next sync.
      await host.untilState("unreachable");
      const { cause, isOnline } = await examine(host);
      expect(cause?.stage).toBe("tcp");
      expect(cause?.detail).toMatch(says);
      expect(isOnline).toBe(false);
      const { stdout } = await host.machine.try(["novacula-agent", "doctor"]);
      const commands = stdout.slice(stdout.indexOf("Cause (")).match(/(?<=^ {2})\S.*$/gmu) ?? [];
      expect(commands.at(-1)).toMatch(/(?:^|&& )systemctl reset-failed \S+ && systemctl (?:re)?start \S+$/u);
      await host.machine.sh([repairs, ...commands].join("\n"));
      await host.untilOnline(key);
    }
    await repairsHiddenDatabase(host);
    await host.untilOnline(key);
  });

  it("names the file beside TLS_CERT that has the chain, with the command that uses it", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    const { pems, key: secret } = await certificateChain([
      { name: "root", extensions: [AUTHORITY] },
      { name: "issuing", extensions: [AUTHORITY] },
      { name: "server", extensions: SERVER },
    ]);
    const [root = "", issuing = "", own = ""] = pems;
    await machine.sh(`mkdir -p ${TLS}; cat > ${TLS}/cert.pem`, own);
    await machine.sh(`cat > ${TLS}/fullchain.pem`, own + issuing);
    await machine.sh(`cat > /etc/novacula/ca.pem; chmod a+r /etc/novacula/ca.pem`, root);
    await machine.sh(`cat > ${TLS}/key; chgrp ${SERVICE} ${TLS}/key; chmod 640 ${TLS}/key`, secret);
    await machine.sh(`printf 'TLS_CERT=${TLS}/cert.pem\\nTLS_KEY=${TLS}/key\\n' >> ${SETTINGS}
      chmod 600 ${TLS}/fullchain.pem; systemctl restart ${SERVICE}
      sed -i 's#^url = .*#url = "https://127.0.0.1:3000"\\nca_file = "/etc/novacula/ca.pem"#' ${CONFIG}`);
    await host.untilState("unreachable");
    const { cause } = await examine(host);
    expect(cause?.stage).toBe("tls");
    expect(cause?.remedy).toMatch(
      new RegExp(
        `^The control plane of this host serves .* ${TLS}/fullchain\\.pem, beside it, has the same certificate with its chain\\.`,
        "u",
      ),
    );
    const remedy = cause?.remedy ?? "";
    await machine.sh(remedy.slice(remedy.lastIndexOf(", run: ") + ", run: ".length));
    await host.untilOnline(key);
    expect((await examine(host)).exitCode).toBe(0);
    // As a recursive chown and chmod leave a folder: its files are closed, too.
    await machine.try([
      "sh",
      "-c",
      `chown -R root:root ${TLS}; chmod -R go-rwx ${TLS}; systemctl restart ${SERVICE}`,
    ]);
    await host.untilState("unreachable");
    const { stdout } = await machine.try(["novacula-agent", "doctor"]);
    const commands = stdout.slice(stdout.indexOf("Cause (")).match(/(?<=^ {2})\S.*$/gmu) ?? [];
    await machine.sh(commands.join("\n"));
    await host.untilOnline(key);
  });

  it("that looks right after a repair waits for the start, and says that all is well", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.try(["sh", "-c", FAULTS[0]?.breaks ?? ""]);
    await host.untilState("unreachable");
    // systemd starts it by itself, and the agent tries again by itself.
    const { stdout, exitCode } = await host.machine.try([
      "sh",
      "-c",
      `chown ${SERVICE}:${SERVICE} ${DATABASE}; novacula-agent doctor --json`,
    ]);
    expect(stdout).not.toContain("at each start");
    expect(exitCode === 0 || stdout.includes("Doctor reached it now"), stdout).toBe(true);
    await host.untilOnline(key);
  });
});

/** A new, empty database in memory lies over the one with the keys. */
async function repairsHiddenDatabase({ machine }: ExecutorHost): Promise<void> {
  const folder = dirname(DATABASE);
  await machine.sh(`echo 'tmpfs ${folder} tmpfs size=64m,mode=0700 0 0' >> /etc/fstab
    systemctl stop ${SERVICE}; systemctl daemon-reload; mount ${folder}; systemctl start ${SERVICE}`);
  const { stdout } = await machine.try(["novacula-agent", "doctor"]);
  const cause = stdout.slice(stdout.indexOf("Cause ("));
  expect(cause).toMatch(
    /^Cause \(authentication\): the database .* knows no keys at all, because a file system/u,
  );
  const fix = cause.slice(0, cause.indexOf("Only if"));
  await machine.sh((fix.match(/(?<=^ {2})\S.*$/gmu) ?? []).join("\n"));
  expect(await machine.sh("cat /etc/fstab")).toMatch(/^# tmpfs /mu);
}
