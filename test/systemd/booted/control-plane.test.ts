import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../../../packaging/paths.ts";
import { testCertificates } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";
import type { Machine } from "./support/machine.ts";

const SERVICE = "novacula-control-plane.service";
const DATABASE = "/var/lib/novacula-control-plane/control-plane.db";
const TLS = "/etc/novacula-control-plane";
const METRICS = `fetch("http://127.0.0.1:9464/metrics").then(async (answer) => console.log(await answer.text()))`;

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the control plane's service on $title", (release) => {
  it("answers as soon as it is started", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.run(["systemctl", "stop", SERVICE]);
    await machine.sh(`systemctl start ${SERVICE} && novacula-control-plane org list`);
    await machine.sh(`systemctl restart ${SERVICE} && novacula-control-plane org list`);
  });

  it("fails where its environment cannot work, is not started again, and says why", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.sh(`systemctl stop ${SERVICE}; echo PORT=many > /etc/default/novacula-control-plane`);
    await machine.try(["systemctl", "start", SERVICE]);
    await machine.sh(`until systemctl is-failed --quiet ${SERVICE}; do sleep 0.1; done`);
    const shown = await machine.run(["systemctl", "show", SERVICE, "--property=ExecMainStatus,NRestarts"]);
    expect(shown.split("\n").sort()).toEqual(["ExecMainStatus=78", "NRestarts=0"]);
    expect(await machine.run(["journalctl", "-b", "-u", SERVICE, "--no-pager"])).toContain("PORT");
  });

  it("writes sentences with a priority, and shows its name and a status line", async () => {
    const { host } = await ExecutorHost.online(release);
    const { machine } = host;
    const status = await machine.try(["systemctl", "status", "--no-pager", SERVICE]);
    expect(status.stdout).toMatch(/Main PID: \d+ \(novacula-contro\)/u);
    expect(status.stdout).not.toMatch(/ExecStartPost|MainThread/u);
    expect(status.stdout).toMatch(/Status: "Serving http:\/\/127\.0\.0\.1:3000; /u);
    expect(await machine.run(["systemctl", "status", "--no-pager", "novacula-agent"])).toMatch(
      /Main PID: \d+ \(novacula-agent\)/u,
    );
    await machine.sh(
      `echo PORT=many >> /etc/default/novacula-control-plane; systemctl restart ${SERVICE} || true`,
    );
    const errors = await journalOf(machine, "-p", "err");
    expect(errors).toMatch(/serve\.failed: the environment is not valid:/u);
    expect(errors).toMatch(/PORT: must be an integer.*got many/u);
    expect(errors).toMatch(/\/etc\/default\/novacula-control-plane/u);
  });

  it("says which part of a value and which lines of its environment file were not meant so", async () => {
    const { machine } = await ExecutorHost.boot(release);
    const environment = "/etc/default/novacula-control-plane";
    await machine.sh(`cp ${environment} /srv/environment
      printf '%s\\n' 'export LOG_LEVEL=debug' 'HEARTBEAT_TIMEOUT_MS = 40000' 'PORT=3000 # http' >> ${environment}
      systemctl restart ${SERVICE} || true`);
    const errors = await journalOf(machine, "-p", "err");
    expect(errors).toMatch(/PORT: .*\(got "3000 # http"\); what begins with # is part of the value/u);
    expect(errors).not.toContain("HEARTBEAT_TIMEOUT_MS");
    await machine.sh(
      `sed -i 's/ # http//' ${environment}; systemctl restart ${SERVICE}; novacula-control-plane org list`,
    );
    expect(await journalOf(machine, "-p", "warning")).toMatch(
      /settings\.odd: LOG_LEVEL is not set by \/etc\/default\/novacula-control-plane line \d+: .*Fix: write LOG_LEVEL=VALUE/u,
    );
    await machine.sh(`cp /srv/environment ${environment}; systemctl restart ${SERVICE}`);
  });

  it("its commands say how to start it, and that only root may use its socket", async () => {
    const { machine } = await ExecutorHost.boot(release);
    const asNobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    const refused = await machine.try([...asNobody, "novacula-control-plane", "org", "list"]);
    expect(refused.stderr).toMatch(/Fix: .*sudo/u);
    await machine.run(["systemctl", "stop", SERVICE]);
    const stopped = await machine.try(["novacula-control-plane", "org", "list"]);
    expect(stopped.stderr).toMatch(/Fix: .*systemctl start novacula-control-plane/su);
    await machine.run(["systemctl", "start", SERVICE]);
  });

  it("drains for longer than the unit lets it stop, and serves its metrics in the sandbox", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    await machine.sh(`printf 'DRAIN_SECONDS=5\\nMETRICS_ADDRESS=127.0.0.1:9464\\n' >> /etc/default/novacula-control-plane
      mkdir -p /run/systemd/system/${SERVICE}.d
      printf '[Service]\\nTimeoutStopSec=2\\n' > /run/systemd/system/${SERVICE}.d/stop.conf
      systemctl daemon-reload; systemctl restart ${SERVICE}`);
    await host.untilOnline(key);
    await eventually(
      async () => {
        const metrics = await text(machine.spawnInNetwork([process.execPath, "-e", METRICS]).stdout);
        expect(metrics).toContain("process_open_fds");
        return metrics.includes("\nnovacula_executors_online 1\n");
      },
      { describe: "the metrics have the executor" },
    );
    await machine.run(["systemctl", "stop", SERVICE]);
    const shown = await machine.run(["systemctl", "show", SERVICE, "--property=Result,ExecMainStatus"]);
    expect(shown.split("\n").sort()).toEqual(["ExecMainStatus=0", "Result=success"]);
    expect(await journalOf(machine)).toMatch(/draining: .*For 5 s[\s\S]*stopped: Stopped/u);
  });

  it("names a database that root restored, and the command that helps", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.sh(
      `systemctl stop ${SERVICE}; chown root:root ${DATABASE}; systemctl start ${SERVICE} || true`,
    );
    const errors = await journalOf(machine, "-p", "err");
    expect(errors).toMatch(
      /control-plane\.db belongs to root \(group root, mode 0600\), so user novacula-control-plane/u,
    );
    const command =
      /sudo (chown novacula-control-plane:novacula-control-plane \S+)/u.exec(errors)?.[1] ?? "false";
    await machine.sh(`${command}; systemctl reset-failed ${SERVICE}; systemctl restart ${SERVICE}`);
    await machine.run(["novacula-control-plane", "org", "list"]);
  });

  it("serves port 443 through its socket unit, and a renewed certificate without a restart", async () => {
    const { machine } = await ExecutorHost.boot(release);
    const { good, selfSigned } = await testCertificates();
    const put = async ({ cert, key }: { cert: string; key: string }) => {
      await machine.sh(`mkdir -p ${TLS}; cat > ${TLS}/cp.pem`, cert);
      await machine.sh(
        `cat > ${TLS}/cp.key; chgrp novacula-control-plane ${TLS}/cp.key; chmod 640 ${TLS}/cp.key`,
        key,
      );
    };
    await put(good);
    await machine.sh(
      `printf 'TLS_CERT=${TLS}/cp.pem\\nTLS_KEY=${TLS}/cp.key\\n' >> /etc/default/novacula-control-plane`,
    );
    await machine.sh(`set -e\n${commandsOf("Port 443").replaceAll("sudo ", "")}`);
    expect(await journalOf(machine)).toMatch(/listening: Control plane \S+ listens on https:\/\/\[::\]:443/u);
    const shown = await machine.run(["systemctl", "show", SERVICE, "-p", "MainPID", "--value"]);
    expect(await machine.sh(`grep CapEff /proc/${shown.trim()}/status`)).toMatch(/CapEff:\s+0+$/mu);
    await put(selfSigned);
    await machine.run(["systemctl", "reload", SERVICE]);
    await eventually(
      async () => /tls\.renewed: New connections get the renewed/u.test(await journalOf(machine)),
      {
        timeoutMs: 20_000,
        describe: "the renewed certificate is used",
      },
    );
    expect((await machine.run(["systemctl", "show", SERVICE, "-p", "MainPID", "--value"])).trim()).toBe(
      shown.trim(),
    );
  });
});

async function journalOf(machine: Machine, ...options: readonly string[]): Promise<string> {
  return await machine.sh(
    `journalctl --sync; journalctl -b -u ${SERVICE} -o cat --no-pager ${options.join(" ")}`,
  );
}

/** The commands below a heading of the documentation, word for word. */
function commandsOf(heading: string): string {
  const document = readFileSync(join(CHECKOUT, "docs/control-plane/proxy.md"), "utf8");
  return /```sh\n([\s\S]*?)```/u.exec(document.split(`### ${heading}\n`)[1] ?? "")?.[1] ?? "false";
}
