import { describe, expect, it } from "vitest";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

/** Running, without a delay of the boot, and never restarted. */
const CALM = { ActiveState: "active", SubState: "running", NRestarts: "0", Result: "success" };

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a reboot on $title", (release) => {
  async function calm(host: ExecutorHost): Promise<void> {
    expect(await host.show("ActiveState", "SubState", "NRestarts", "Result")).toEqual(CALM);
  }

  it("with the control plane down: up, says so, and heals by itself", async () => {
    const { host, key } = await ExecutorHost.online(release, { hasClients: true });
    await host.machine.run(["systemctl", "disable", "--now", "novacula-control-plane"]);
    await host.machine.reboot();
    await host.untilState("unreachable");
    await calm(host);
    await host.machine.run(["systemctl", "start", "novacula-control-plane"]);
    await host.untilOnline(key, 15_000);
    await calm(host);
  });

  it("with a refused key: up, says which and since when it worked, and heals with a new one", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.revokeKey(key);
    await host.machine.reboot();
    const status = await host.untilState("key-refused", 20_000);
    expect(status.reason).toContain("last accepted at");
    await calm(host);
    const second = await host.createKey("second");
    await host.configure(second.secret);
    await host.untilOnline(second);
    await calm(host);
  });

  it("with an unusable key, then with a typo in the TOML: up, says what and where, and heals", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.configure(`${key.secret.slice(0, 30)} ${key.secret.slice(30)}`);
    await host.machine.reboot();
    expect((await host.untilState("key-unusable")).reason).toMatch(/line 3/);
    await calm(host);

    await host.writeConfig('[control_plane]\nurl = "http://127.0.0.1:3000\n');
    await host.machine.reboot();
    expect((await host.untilState("config-invalid")).reason).toMatch(/agent\.toml:2/);
    await calm(host);
    await host.untilStatusText(/Waiting for the file to be fixed/u);

    await host.configure(key.secret);
    await host.untilOnline(key);
    await calm(host);
  });
});
