import { describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { examine } from "./support/examine.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { DROP_IN, DROP_INS, RESTART, withDropIn } from "./support/host-faults.ts";
import { haveMachines } from "./support/hosts.ts";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("doctor on $title", (release) => {
  it("tries a candidate key without touching the file", async () => {
    const { host, key } = await ExecutorHost.online(release, { hasClients: true });
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

  it("beside the control plane, a revoked key is replaced by the line that it prints", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.revokeKey(key);
    await host.untilState("key-refused");
    const { cause, exitCode } = await examine(host);
    expect([exitCode, cause?.stage]).toEqual([1, "authentication"]);
    const remedy = cause?.remedy ?? "";
    await host.machine.sh(remedy.slice(remedy.lastIndexOf(": ") + 2));
    await host.untilState("online");
    expect((await examine(host)).exitCode).toBe(0);
  });

  it("a socket that was removed comes back by itself, and so does one whose folder was", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.run(["rm", "/run/novacula/agent.sock"]);
    await host.untilOnline(key);
    await host.machine.sh("rm -rf /run/novacula; sleep 4");
    const { cause, exitCode } = await examine(host);
    expect([exitCode, cause?.stage]).toEqual([1, "executor"]);
    expect(cause?.remedy).toContain("novacula-agent restart");
    await host.untilSaid(/socket\.lost/u, "-p", "err");
    await host.machine.run(["novacula-agent", "restart"]);
    await host.untilOnline(key);
    expect((await examine(host)).exitCode).toBe(0);
  });

  it("warns of a service that is started again and again, and no longer once that has ended", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh("for i in 1 2 3 4 5 6; do novacula-agent restart; done");
    await host.untilOnline(key);
    const again = /the service was started \d+ times in the last two minutes/u;
    const startWarning = async () => (await examine(host)).checks.some(({ detail }) => again.test(detail));
    expect(await startWarning()).toBe(true);
    await eventually(async () => !(await startWarning()), {
      timeoutMs: 90_000,
      describe: "the service has outlived its starts",
    });
  });

  it("names the limit that ends the service again and again, while it runs", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(`mkdir -p ${DROP_INS}; printf '%s\\n' '[Service]' 'RuntimeMaxSec=5' > ${DROP_IN}
      systemctl daemon-reload; novacula-agent restart`);
    const named = `systemd ends it each time: RuntimeMaxSec=5 (${DROP_IN} line 2)`;
    const naming = async () => (await examine(host)).checks.find(({ detail }) => detail.includes(named));
    const found = await eventually(naming, { timeoutMs: 90_000, describe: "the limit is named" });
    const remedy = found.remedy ?? "";
    await host.machine.sh(remedy.slice(remedy.lastIndexOf(": ") + 2));
    await host.untilOnline(key);
    expect(await naming()).toBeUndefined();
    await host.machine.sh(`rm ${DROP_IN}.old`);
  });

  it("warns of a unit that is newer than its process, and of a key in the unit", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(
      `sleep 1.1; mkdir -p ${DROP_INS}; printf '%s\\n' '[Service]' 'Environment=A=b' > ${DROP_IN}; systemctl daemon-reload`,
    );
    const newer = await examine(host);
    expect(newer).toMatchObject({ exitCode: 0, isOnline: true });
    expect(newer.checks).toContainEqual({
      stage: "unit",
      status: "warning",
      detail: `the service has started before ${DROP_IN} changed, and still has the old settings`,
      remedy: "Run: novacula-agent restart",
    });
    await host.machine.sh("novacula-agent restart");
    await host.untilOnline(key);
    expect((await examine(host)).checks.filter(({ status }) => status !== "ok")).toEqual([]);

    await host.machine.sh(
      `printf '%s\\n' '[Service]' 'SetCredential=key:${key.secret}' > ${DROP_IN}
      sed -i 's#^access_token = .*#access_token_file = "key"#' ${CONFIG}; ${RESTART}`,
    );
    await host.untilOnline(key);
    const inline = await examine(host);
    expect(inline.checks.filter(({ status }) => status !== "ok")).toEqual([
      expect.objectContaining({ stage: "unit", detail: expect.stringContaining("SetCredential=key:…") }),
    ]);
    expect(JSON.stringify(inline)).not.toContain(key.secret.slice(4, 20));
  });

  it("shows no password of a proxy, and neither does the agent, which names the variable's file", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.machine.sh(withDropIn("Environment=HTTPS_PROXY=http://user:hunter2@127.0.0.1:9"));
    await host.untilOnline(key);
    const place = new RegExp(`set in HTTPS_PROXY \\(${DROP_IN} line 2\\)`, "u");
    await host.machine.sh(`sed -i 's#http://127.0.0.1:3000#https://cp.example.com#' ${CONFIG}`);
    await host.untilSaid(place, "-p", "warning");
    await host.until(({ pendingChange }) => place.test(pendingChange?.reason ?? ""), "the status names it");
    const said = (await host.journal()).join("\n") + JSON.stringify(await host.status());
    expect(said).not.toMatch(/hunter2|user:/u);
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = await host.machine.try(["novacula-agent", "doctor", ...args]);
      expect(stdout + stderr).not.toMatch(/hunter2|user:/u);
    }
  });

  it("corrects an entry of NO_PROXY, and knows that systemd has not read the correction", async () => {
    const { host } = await ExecutorHost.online(release);
    await host.machine.sh(
      `echo 127.0.0.9 cp.fra.example >> /etc/hosts
      sed -i 's#http://127.0.0.1:3000#https://cp.fra.example#' ${CONFIG}
      ${withDropIn("Environment=HTTPS_PROXY=http://127.0.0.1:9", "Environment=NO_PROXY=localhost,*.fra.exmaple")}`,
    );
    const wrong = (await examine(host)).cause;
    expect(wrong?.stage).toBe("proxy");
    expect(wrong?.detail).toContain(
      `NO_PROXY (${DROP_IN} line 3) is localhost,*.fra.exmaple, and no entry of it matches cp.fra.example: *.fra.exmaple is nearly *.fra.example`,
    );
    expect(wrong?.remedy).toMatch(
      /^cp\.fra\.example is this host \(127\.0\.0\.9, \S+ line \d+\) and needs no proxy: correct \*\.fra\.exmaple to \*\.fra\.example in NO_PROXY .*, then run: systemctl daemon-reload && novacula-agent restart$/u,
    );
    await host.machine.sh(`sleep 1.1; sed -i s/exmaple/example/ ${DROP_IN}`);
    const unread = await examine(host);
    expect(unread.cause?.detail).toContain("The unit was edited since systemd read it");
    const [, command] = /, run: (.*)\. Then run doctor again\.$/u.exec(unread.cause?.remedy ?? "") ?? [];
    expect(command).toBe("systemctl daemon-reload && novacula-agent restart");
    expect(unread.checks.filter(({ remedy }) => remedy?.includes("daemon-reload"))).toHaveLength(1);
    await host.machine.try(["sh", "-c", command ?? ""]);
    const applied = await examine(host);
    expect(applied.checks.find(({ stage }) => stage === "proxy")?.status).toBe("ok");
  });

  it("is of the file that the service uses, as are check, set-key, status and a reload", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const { machine } = host;
    await machine.sh(
      `cp -p ${CONFIG} /srv/other.toml
      ${withDropIn("ExecStart=", "ExecStart=/usr/bin/novacula-agent run --config /srv/other.toml")}`,
    );
    await host.untilOnline(key);
    await machine.sh(`sed -i 's/^url = /ulr = /' /srv/other.toml`);
    expect((await machine.try(["systemctl", "reload", "novacula-agent"])).exitCode).not.toBe(0);
    await host.untilSaid(/\/srv\/other\.toml:1:/u);
    const bad = await machine.try(["novacula-agent", "check"]);
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toContain("/srv/other.toml:1:");

    await machine.sh(`sed -i 's/^ulr = /url = /' /srv/other.toml; echo damaged > ${CONFIG}`);
    await machine.run(["systemctl", "reload", "novacula-agent"]);
    const good = await machine.run(["novacula-agent", "check", "--online"]);
    expect(good).toContain(
      `The service of this host uses /srv/other.toml (ExecStart= in ${DROP_IN} line 3).`,
    );
    const second = await host.createKey("second");
    await machine.run(["novacula-agent", "set-key"], `${second.secret}\n`);
    expect(await machine.run(["cat", "/srv/other.toml"])).toContain(second.secret);
    expect((await machine.try(["novacula-agent", "status"])).exitCode).toBe(0);
    expect((await examine(host)).exitCode).toBe(0);
  });
});
