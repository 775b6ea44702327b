import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXECUTABLE } from "../../../packaging/paths.ts";
import { complaints } from "./support/complaints.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, bootInstalled, haveMachines } from "./support/hosts.ts";

const UNITS = ["novacula-agent.service", "novacula-control-plane.service"];
/** In tenths, as systemd-analyze wants it. */
const THRESHOLD = 15;

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the units on $title", (release) => {
  it(`are exposed to at most ${THRESHOLD / 10}, judged as they run and from the files alone`, async () => {
    const machine = await bootInstalled(release);
    for (const unit of UNITS) {
      const threshold = `--threshold=${THRESHOLD}`;
      const running = await machine.try(["systemd-analyze", "security", threshold, "--no-pager", unit]);
      expect(running.exitCode, running.stdout).toBe(0);
      const file = `/usr/lib/systemd/system/${unit}`;
      const offline = await machine.try(["systemd-analyze", "security", "--offline=yes", threshold, file]);
      expect(offline.exitCode, offline.stdout).toBe(0);
    }
  });

  it("verify, with nothing to say", async () => {
    const machine = await bootInstalled(release);
    for (const unit of UNITS) {
      const { stdout, stderr } = await machine.try(["systemd-analyze", "verify", unit]);
      const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("novacula"));
      // The manual pages are there, but a minimal root has no man to look for them.
      const said = lines.filter((line) => !line.includes("Command 'man "));
      expect(said).toEqual([]);
    }
  });

  it("are read anew without a complaint of systemd about them", async () => {
    const { machine } = await ExecutorHost.boot(release);
    await machine.sh("systemctl daemon-reload; systemctl daemon-reload; systemctl daemon-reload");
    expect(await complaints(machine)).toEqual([]);
    // What would be found.
    await machine.sh(
      "mkdir -p /etc/systemd/system/novacula-agent.service.d; printf '[Service]\\nNoSuchKey=1\\n' > /etc/systemd/system/novacula-agent.service.d/own.conf; systemctl daemon-reload",
    );
    expect(await complaints(machine)).toEqual([expect.stringContaining("NoSuchKey")]);
  });

  it("holds: no privilege, nothing to write but its state, and systemd's reasons for a restart are reached", async () => {
    const { host } = await ExecutorHost.online(release);
    const { MainPID } = await host.show("MainPID");
    const status = await host.machine.run(["cat", `/proc/${MainPID}/status`]);
    expect(status).toMatch(/^CapEff:\s+0+$/mu);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/mu);
    expect(status).toMatch(/^Seccomp:\s+2$/mu);
    const mounts = await host.machine.run(["cat", `/proc/${MainPID}/mountinfo`]);
    const writable = mounts
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, , , , , options]) => options?.split(",").includes("rw"))
      .map(([, , , , path]) => path);
    expect(writable).toEqual(expect.arrayContaining(["/var/lib/novacula", "/run/novacula"]));
    expect(writable.filter((path) => /^\/(etc|usr|home|root|boot)(\/|$)/u.test(path ?? ""))).toEqual([]);
    const shown = await host.show(
      "StartLimitBurst",
      "StartLimitIntervalUSec",
      "TimeoutStartUSec",
      "RestartUSec",
    );
    expect(shown).toEqual({
      StartLimitBurst: "10",
      StartLimitIntervalUSec: "6min",
      TimeoutStartUSec: "30s",
      RestartUSec: "2s",
    });
  });

  it("tell systemd by the descriptor where there is one, and by systemd-notify where not", async () => {
    const { host } = await ExecutorHost.online(release);
    const { MainPID } = await host.show("MainPID");
    const environment = await host.machine.sh(`tr '\\0' '\\n' < /proc/${MainPID}/environ`);
    expect(environment.includes("LISTEN_FDNAMES=notify")).toBe(release.systemdVersion >= 253);
    await host.untilStatusText(/^Online with key /u);
  });
});

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)(
  "the environment of the services on $title",
  (release) => {
    it("has nothing that would load code or trust other certificates, wherever it is set", async () => {
      const { host } = await ExecutorHost.online(release);
      const { machine } = host;
      await machine.sh(`
      systemctl set-environment OPENSSL_CONF=/srv/x NODE_OPTIONS=--require=/srv/x NODE_V8_COVERAGE=/run/novacula/x
      echo NODE_EXTRA_CA_CERTS=/srv/x >> /etc/default/novacula-control-plane
      mkdir -p /etc/systemd/system/novacula-agent.service.d
      printf '[Service]\\nEnvironment=LD_PRELOAD=/srv/x KEPT=1\\n' > /etc/systemd/system/novacula-agent.service.d/own.conf
      systemctl daemon-reload
      systemctl restart novacula-agent novacula-control-plane`);
      for (const service of ["novacula-agent", "novacula-control-plane"]) {
        const pid = await machine.run(["systemctl", "show", service, "--property=MainPID", "--value"]);
        const environment = await machine.sh(`tr '\\0' '\\n' < /proc/${pid}/environ`);
        expect(environment).not.toMatch(/^(?:OPENSSL|NODE|LD)_/mu);
        expect(environment.includes("KEPT=1")).toBe(service === "novacula-agent");
      }
      const { stdout } = await machine.try(["novacula-agent", "doctor"]);
      expect(stdout).toMatch(
        /set for the service: [^\n]*LD_PRELOAD \([^)\n]*own\.conf line 2\)[^\n]*, which has no effect/u,
      );
    });
  },
);

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the binary on a bare $title", (release) => {
  it("runs without a Node, is both programs, and takes no NODE_OPTIONS and no inspector", async () => {
    const machine = await bootEmpty(release);
    copyFileSync(EXECUTABLE, machine.path("/srv/novacula-agent"));
    const binary = "/srv/novacula-agent";
    expect(await machine.run([binary, "--version"])).toMatch(
      /^novacula-agent \d+\.\d+\.\d+ \((?:[0-9a-f]{7,}(?:-dirty)?|unknown), linux-\w+, Node v24\.[\d.]+\)$/u,
    );
    await machine.sh(`ln -s ${binary} /srv/novacula-control-plane`);
    expect(await machine.run(["/srv/novacula-control-plane", "--help"])).toContain("keys");
    expect(await machine.run(["env", "NODE_OPTIONS=--require=/nowhere", binary, "--version"])).toMatch(
      /^novacula-agent \d/u,
    );
    // An engine that does not exist: a program that reads this file fails.
    const openssl = ["nodejs_conf = a", "[a]", "engines = b", "[b]", "c = d", "[d]", "engine_id = c"];
    const text = [...openssl, "dynamic_path = /srv/nothing.so", "init = 1", ""].join("\n");
    await machine.sh("mkdir /srv/coverage; cat > /srv/openssl.cnf", text);
    for (const variable of ["OPENSSL_CONF=/srv/openssl.cnf", "NODE_V8_COVERAGE=/srv/coverage"]) {
      expect(await machine.run(["env", variable, binary, "--version"])).toMatch(/^novacula-agent \d/u);
    }
    expect(await machine.run(["find", "/srv/coverage", "-type", "f"])).toBe("");
    const usage = await machine.try([binary, "--inspect", "run"]);
    expect(usage.exitCode).toBe(64);
    const ports = await machine.sh(`
      mkdir -m 0755 /srv/d
      printf '[agent]\\ndata_dir="/srv/d"\\nruntime_dir="/srv/d"\\n[control_plane]\\nurl="http://127.0.0.1:1"\\naccess_token="exc_%s"\\n' "$(head -c 400 /dev/urandom | base64 -w0 | tr -dc a-zA-Z | head -c 64)" > /srv/agent.toml
      ${binary} run -c /srv/agent.toml >/srv/log 2>&1 & pid=$!
      for i in $(seq 50); do test -S /srv/d/agent.sock && break; sleep 0.1; done
      kill -USR1 $pid; sleep 0.3
      cat /proc/net/tcp | grep -c ':240D ' || true
      kill -0 $pid && kill $pid`);
    // 0x240D is 9229, the inspector's port.
    expect(ports).toBe("0");
  });
});
