import { describe, expect, it } from "vitest";
import * as z from "zod";
import { makeKey } from "../../support/keys.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const found = z.object({
  stage: z.string(),
  status: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
});
const examination = z.object({
  verdict: z.string(),
  isOnline: z.boolean().nullable(),
  cause: found.nullable(),
  checks: z.array(found),
});

/** systemd reports the service as running a moment before it answers. */
const START_CONTROL_PLANE =
  "systemctl start novacula-control-plane; until novacula-control-plane org list >/dev/null 2>&1; do sleep 0.1; done";

const DROP_INS = "/etc/systemd/system/novacula-agent.service.d";
const DROP_IN = `${DROP_INS}/test.conf`;
const RESTART =
  "systemctl daemon-reload; systemctl reset-failed novacula-agent; systemctl restart novacula-agent";
const UNDO = `rm -f ${DROP_IN}; ${RESTART}`;
/** A drop-in with these lines, and a start that may fail. */
const withDropIn = (...lines: readonly string[]) =>
  `mkdir -p ${DROP_INS}; printf '%s\\n' '[Service]' ${lines.map((line) => `'${line}'`).join(" ")} > ${DROP_IN}
   systemctl daemon-reload; systemctl restart novacula-agent || true; sleep 1`;

interface Break {
  /** At which doctor has to find the cause, and a piece of what it has to say. */
  readonly stage: string;
  readonly says: string;
  readonly script: string;
  readonly fix: string;
}

/** The ways in which the suite breaks a healthy host, with their repairs. */
const BREAKS: readonly Break[] = [
  {
    stage: "mode",
    says: `chgrp novacula ${CONFIG}`,
    script: `chgrp root ${CONFIG}`,
    fix: `chgrp novacula ${CONFIG}`,
  },
  {
    stage: "syntax",
    says: "control_plane.url: is not set",
    script: `sed -i 's/^url = /ulr = /' ${CONFIG}`,
    fix: `sed -i 's/^ulr = /url = /' ${CONFIG}`,
  },
  {
    stage: "file",
    says: "does not exist",
    script: `mv ${CONFIG} ${CONFIG}.away`,
    fix: `mv ${CONFIG}.away ${CONFIG}`,
  },
  {
    stage: "tcp",
    says: `control_plane.url, ${CONFIG} line 2`,
    script: "systemctl stop novacula-control-plane",
    fix: START_CONTROL_PLANE,
  },
  {
    stage: "dns",
    says: "cp.invalid",
    script: `sed -i 's#http://127.0.0.1:3000#https://cp.invalid#' ${CONFIG}`,
    fix: `sed -i 's#https://cp.invalid#http://127.0.0.1:3000#' ${CONFIG}`,
  },
  {
    stage: "tls",
    says: "Check the port",
    script: `sed -i 's#http://127#https://127#' ${CONFIG}`,
    fix: `sed -i 's#https://127#http://127#' ${CONFIG}`,
  },
  {
    stage: "unit",
    says: "systemctl start novacula-agent",
    script: "systemctl stop novacula-agent",
    fix: "systemctl start novacula-agent",
  },
  {
    stage: "unit",
    says: "systemctl unmask novacula-agent",
    script: "systemctl mask --now novacula-agent",
    fix: "systemctl unmask novacula-agent; systemctl start novacula-agent",
  },
  {
    stage: "proxy",
    says: `HTTPS_PROXY, ${DROP_IN} line 2`,
    script: `sed -i 's#http://127.0.0.1:3000#https://cp.example.com#' ${CONFIG}
      ${withDropIn("Environment=HTTPS_PROXY=http://user:hunter2@127.0.0.1:9")}`,
    fix: `sed -i 's#https://cp.example.com#http://127.0.0.1:3000#' ${CONFIG}; ${UNDO}`,
  },
  {
    stage: "file",
    says: `/srv/other.toml: does not exist (named by ExecStart= in ${DROP_IN} line 3)`,
    script: withDropIn("ExecStart=", "ExecStart=/usr/bin/novacula-agent run --config /srv/other.toml"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "install -d -o novacula -g novacula -m 0700 /srv/missing",
    script: withDropIn("ReadWritePaths=/srv/missing"),
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "systemctl reset-failed novacula-agent",
    script: `${withDropIn("ExecStart=", "ExecStart=/bin/false")}
      for i in 1 2 3 4 5 6 7 8 9 10 11; do systemctl restart novacula-agent || true; done`,
    fix: UNDO,
  },
  {
    stage: "unit",
    says: "/srv/data (agent.data_dir",
    script: `cp -p ${CONFIG} ${CONFIG}.kept; printf '\\n[agent]\\ndata_dir = "/srv/data"\\n' >> ${CONFIG}; systemctl restart novacula-agent`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; ${RESTART}`,
  },
  {
    stage: "file",
    says: "PrivateTmp=yes of its unit hides /tmp",
    script: `cp -p ${CONFIG} ${CONFIG}.kept
      sed -n 's/^access_token = "\\(.*\\)"/\\1/p' ${CONFIG} > /tmp/key; chgrp novacula /tmp/key; chmod 0640 /tmp/key
      sed -i 's#^access_token = .*#access_token_file = "/tmp/key"#' ${CONFIG}`,
    fix: `mv ${CONFIG}.kept ${CONFIG}; rm /tmp/key`,
  },
  {
    stage: "executor",
    says: "another agent runs on this host",
    script: `cp -p ${CONFIG} /srv/second.toml; printf '\\n[agent]\\ndata_dir = "/srv/second"\\nruntime_dir = "/srv/second"\\n' >> /srv/second.toml
      nohup novacula-agent run --config /srv/second.toml > /dev/null 2>&1 & echo $! > /run/second.pid; sleep 3`,
    fix: "kill $(cat /run/second.pid); sleep 1",
  },
];

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("doctor on $title", (release) => {
  async function examine(host: ExecutorHost, ...args: readonly string[]) {
    const { exitCode, stdout } = await host.machine.try(["novacula-agent", "doctor", "--json", ...args]);
    return { exitCode, ...examination.parse(JSON.parse(stdout)) };
  }

  it("finds nothing where all is well, and names the stage where something is not", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const well = await examine(host);
    expect(well.checks.filter((check) => check.status !== "ok")).toEqual([]);
    expect(well.exitCode).toBe(0);

    for (const { stage, says, script, fix } of BREAKS) {
      await host.machine.sh(script);
      const { checks, cause, exitCode } = await examine(host);
      expect(cause?.stage, `${script}: ${JSON.stringify(checks)}`).toBe(stage);
      expect(`${cause?.detail} ${cause?.remedy}`).toContain(says);
      expect(cause?.remedy ?? "", stage).not.toBe("");
      expect(exitCode).toBe(1);
      await host.machine.sh(fix);
      await host.untilOnline(key, 20_000);
    }
    const again = await examine(host);
    expect(again, JSON.stringify(again.checks)).toMatchObject({ exitCode: 0, isOnline: true, cause: null });
  });

  it("tries a candidate key without touching the file", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const unknown = makeKey();
    await host.machine.sh("umask 077; cat > /srv/candidate", unknown);
    const { checks, exitCode } = await examine(host, "--key-file", "/srv/candidate");
    const failed = checks.filter((check) => check.status === "bad");
    expect(failed.map((check) => check.stage)).toEqual(["authentication"]);
    expect(exitCode).toBe(1);
    expect((await host.status()).key?.fingerprint).toBe(key.fingerprint);
    const text = (await host.machine.try(["novacula-agent", "doctor"])).stdout;
    expect(text).not.toContain(key.secret.slice(4, 20));
  });

  it("a socket that was removed comes back by itself, and so does one whose folder was", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.run(["rm", "/run/novacula/agent.sock"]);
    await host.untilOnline(key);
    await host.machine.sh("rm -rf /run/novacula; sleep 4");
    const { cause, exitCode } = await examine(host);
    expect([exitCode, cause?.stage]).toEqual([1, "executor"]);
    expect(cause?.remedy).toContain("novacula-agent restart");
    expect((await host.journal("-p", "err")).join("\n")).toContain("socket.lost");
    await host.machine.run(["novacula-agent", "restart"]);
    await host.untilOnline(key);
    expect((await examine(host)).exitCode).toBe(0);
  });

  it("shows no password of a proxy", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(withDropIn("Environment=HTTPS_PROXY=http://user:hunter2@127.0.0.1:9"));
    await host.untilOnline(key);
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = await host.machine.try(["novacula-agent", "doctor", ...args]);
      expect(stdout + stderr).not.toMatch(/hunter2|user:/u);
    }
  });
});
