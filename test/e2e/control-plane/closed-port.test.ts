import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keepText } from "../../support/canary.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { lacks } from "../../support/requires.ts";
import { tempDir } from "../../support/temp-dir.ts";

const PORT_START = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
/** In a network of its own: brings up loopback, and has `$1` as the first port for all users. */
const SCRIPT = `ip link set lo up; echo "$1" > ${PORT_START}; shift; exec "$@"`;
const UNSHARE = ["--net", "sh", "-ec", SCRIPT, "sh"];
const canClosePorts =
  process.geteuid?.() === 0 && spawnSync("unshare", [...UNSHARE, "1024", "true"]).status === 0;
const UNPRIVILEGED = ["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"];

it
  .skipIf(lacks("root, and a network of its own", canClosePorts))
  .each<[host: string, port: string, first: number]>([
    ["0.0.0.0", "443", 1024],
    ["::", "80", 1024],
    ["localhost", "1023", 1024],
    ["127.0.0.1", "1", 1024],
    ["127.0.0.1", "3000", 4000],
    ["::1", "79", 80],
  ])(
  "a service that may not listen on HOST %s, PORT %s says below which port, and how",
  (host, port, first) => {
    const folder = tempDir();
    const words = [String(first), "setpriv", ...UNPRIVILEGED, process.execPath, CONTROL_PLANE, "serve"];
    const { status, stdout, stderr } = spawnSync("unshare", [...UNSHARE, ...words], {
      env: { ...ENVIRONMENT, DATABASE_URL: `file:${join(folder, "cp.db")}`, HOST: host, PORT: port },
      encoding: "utf8",
    });
    const output = `${stdout}${stderr}`;
    keepText("closed-port.txt", output);
    expect(status).toBe(1);
    expect(output).toContain(
      `cannot listen on HOST ${host}, PORT ${port}: only root may listen below port ${first}\n`,
    );
    expect(output).toMatch(/Fix: have systemd listen .*\n.*sudo systemctl stop novacula-control-plane\n/u);
    expect(output).toContain("sudo systemctl enable --now novacula-control-plane.socket");
  },
);
