import { describe, expect, it } from "vitest";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { bootEmpty, haveMachines } from "./support/hosts.ts";

describe.skipIf(!haveMachines)("a machine", () => {
  it.each(DEBIAN_RELEASES)("boots $title, and keeps its files over a reboot", async (release) => {
    const machine = await bootEmpty(release);
    expect(await machine.run(["systemctl", "--version"])).toContain(`systemd ${release.systemdVersion}`);
    await machine.sh("echo kept > /srv/note; echo lost > /run/note");
    await machine.reboot();
    expect(await machine.sh("cat /srv/note; ls /run/note || true")).toBe("kept");
  });
});
