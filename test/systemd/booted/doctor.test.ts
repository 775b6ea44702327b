import { describe, expect, it } from "vitest";
import * as z from "zod";
import { makeKey } from "../../support/keys.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

const examination = z.object({
  verdict: z.string(),
  checks: z.array(
    z.object({ stage: z.string(), status: z.string(), detail: z.string(), remedy: z.string().optional() }),
  ),
});

/** systemd reports the service as running a moment before it answers. */
const START_CONTROL_PLANE =
  "systemctl start novacula-control-plane; until novacula-control-plane org list >/dev/null 2>&1; do sleep 0.1; done";

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

    const breaks: readonly (readonly [stage: string, script: string, fix: string])[] = [
      ["mode", `chgrp root ${CONFIG}`, `chgrp novacula ${CONFIG}`],
      ["syntax", `sed -i 's/^url = /ulr = /' ${CONFIG}`, `sed -i 's/^ulr = /url = /' ${CONFIG}`],
      ["file", `mv ${CONFIG} ${CONFIG}.away`, `mv ${CONFIG}.away ${CONFIG}`],
      ["tcp", "systemctl stop novacula-control-plane", START_CONTROL_PLANE],
      ["unit", "systemctl stop novacula-agent", "systemctl start novacula-agent"],
      [
        "dns",
        `sed -i 's#http://127.0.0.1:3000#https://cp.invalid#' ${CONFIG}`,
        `sed -i 's#https://cp.invalid#http://127.0.0.1:3000#' ${CONFIG}`,
      ],
      ["tls", `sed -i 's#http://127#https://127#' ${CONFIG}`, `sed -i 's#https://127#http://127#' ${CONFIG}`],
    ];
    for (const [stage, script, fix] of breaks) {
      await host.machine.sh(script);
      const { checks, exitCode } = await examine(host);
      const failed = checks.filter((check) => check.status === "bad");
      const stages = [...new Set(failed.map((check) => check.stage))];
      expect(stages, `${script}: ${JSON.stringify(checks)}`).toEqual([stage]);
      expect(failed[0]?.remedy ?? "", stage).not.toBe("");
      expect(exitCode).toBe(1);
      await host.machine.sh(fix);
      await host.untilOnline(key, 20_000);
    }
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
});
