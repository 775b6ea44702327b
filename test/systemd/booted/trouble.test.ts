import { describe, expect, it } from "vitest";
import { nodeBinary } from "../../../packaging/executable.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

/**
 * Stands in front of the real control plane, on port 3001. Same answers, dated 20 minutes later.
 */
const LATE_PROXY = `
const { createServer, request } = require("node:http");
createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  incoming.pipe(request({ port: 3000, method, path: url, headers }, (answer) => {
    const date = new Date(Date.now() + 20 * 60_000).toUTCString();
    outgoing.writeHead(answer.statusCode, { ...answer.headers, date });
    answer.pipe(outgoing);
  }));
}).listen(3001, "127.0.0.1");
`;

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("trouble on $title", (release) => {
  it("a full /var: online, and says that it has no memory", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(`
      systemctl stop novacula-agent
      mount -t tmpfs -o size=32k,mode=0700,uid=$(id -u novacula),gid=$(id -g novacula) tmpfs /var/lib/novacula
      dd if=/dev/zero of=/var/lib/novacula/ballast bs=1k count=64 2>/dev/null || true
      systemctl start novacula-agent`);
    await host.untilOnline(key);
    await host.untilSaid(
      /state\.unwritable.*file system \/var\/lib\/novacula \(tmpfs\) is full: \S+ \S+ of 32 KiB are free/u,
      "-p",
      "warning",
    );
  });

  it("the line of systemctl status says what is wrong, and when it is right again", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.untilStatusText(/^Online with key [0-9a-f]{8} /u);
    await host.machine.sh("systemctl stop novacula-control-plane");
    await host.untilState("unreachable");
    await host.untilStatusText(/unreachable.*connection refused.*Next try at/u);
    await host.machine.sh("systemctl start novacula-control-plane");
    await host.untilOnline(key);
    await host.untilStatusText(/^Online/u);
  });

  it("a wrong option in ExecStart=: journalctl -p err shows it, for both programs", async () => {
    const { machine } = await ExecutorHost.boot(release);
    for (const [program, command] of [
      ["novacula-agent", "run"],
      ["novacula-control-plane", "serve"],
    ] as const) {
      await machine.try(["systemd-run", "--wait", `--unit=wrong-${program}`, program, command, "--bogus"]);
      const errors = await machine.sh(
        `journalctl --sync; journalctl -b -u wrong-${program} -p err -o cat --no-pager`,
      );
      expect(errors).toMatch(
        new RegExp(`^${program}: unknown option '--bogus'\n +See: ${program} ${command} --help$`, "mu"),
      );
    }
  });

  it("a read-only /etc: starts and goes online", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(
      "mount --bind /etc /etc; mount -o remount,ro,bind /etc; systemctl restart novacula-agent",
    );
    await host.untilOnline(key);
  });

  it("a state directory that went away, and one that may not be written: online, and says so once", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh("rm -rf /var/lib/novacula; systemctl restart novacula-agent");
    await host.untilOnline(key);
    await host.writeConfig(
      `[agent]\ndata_dir = "/srv/novacula"\n[control_plane]\nurl = "http://127.0.0.1:3000"\naccess_token = "${key.secret}"\n`,
    );
    await host.machine.run(["systemctl", "restart", "novacula-agent"]);
    await host.untilOnline(key);
    await host.untilSaid(/state\.unwritable.*\/srv\/novacula/u, "-p", "warning");
  });

  it("a control plane whose clock is 20 minutes off: online, and names the difference", async () => {
    const options = [`--bind-ro=${nodeBinary()}:/opt/node`];
    const { host, key } = await ExecutorHost.online(release, { options });
    await host.machine.run(["systemd-run", "--quiet", "/opt/node", "-e", LATE_PROXY]);
    await host.writeConfig(
      `[control_plane]\nurl = "http://127.0.0.1:3001"\naccess_token = "${key.secret}"\n`,
    );
    await host.until(
      (status) => status.controlPlane?.endsWith(":3001") === true,
      "it asks the late one",
      15_000,
    );
    await host.untilSaid(/clock\.off.*(20 min|19 min 59 s) behind/u, "-p", "warning");
    expect((await host.status()).state).toBe("online");
    const doctor = await host.machine.try(["novacula-agent", "doctor"]);
    expect(doctor.stdout).toMatch(/ \(clock\): this host's clock is (20 min|19 min 59 s) behind/u);
    expect(doctor.exitCode).toBe(0);
  });
});
