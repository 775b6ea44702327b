import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readOnlyMountIn, wayBack } from "../../../../src/lib/files/mounts/read-only-mount.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const PLACE = "/var/lib/novacula";
const ROOT = "29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";
const table = (...lines: readonly string[]) => [ROOT, ...lines, ""].join("\n");
const BIND = table(`40 29 8:1 ${PLACE} ${PLACE} ro,relatime shared:1 - ext4 /dev/sda1 rw`);
const DISK = table(`40 29 8:16 / /srv rw,relatime shared:1 - ext4 /dev/sdb ro,errors=remount-ro`);

const back = (mountinfo: string, fstab: string, path = PLACE) => {
  const mount = readOnlyMountIn(mountinfo, fstab, path);
  return mount && wayBack(mount, "x", (command) => command);
};

describe("a mount that is read-only", () => {
  it("and was made over the folder itself by fstab is unmounted, and its line a comment", () => {
    const found = back(BIND, `# mounts\n/dev/sda1 / ext4 defaults 0 1\n${PLACE} ${PLACE} none bind,ro 0 0\n`);
    expect(found).toEqual({
      say: `make line 3 of /etc/fstab a comment, which mounts ${PLACE} over itself, read-only, and unmount that`,
      commands: [
        "sed -i --follow-symlinks '3s/^/# /' /etc/fstab",
        "systemctl daemon-reload",
        "systemctl stop x",
        `umount ${PLACE}`,
      ],
    });
  });

  it("of another folder keeps that folder: what is below may be empty", () => {
    const { say, commands } = back(BIND, `/data/n ${PLACE} none ro,bind 0 0\n`) ?? {};
    expect(say).toBe(`change ro to rw in line 1 of /etc/fstab, which mounts ${PLACE} read-only`);
    expect(commands?.slice(1)).toEqual(["systemctl daemon-reload", `mount -o remount,bind,rw ${PLACE}`]);
  });

  it("by hand is mounted writable", () => {
    expect(back(BIND, "")?.commands).toEqual([`mount -o remount,bind,rw ${PLACE}`]);
    expect(back(BIND, `${PLACE} ${PLACE} none bind 0 0`)?.commands).toEqual([
      `mount -o remount,bind,rw ${PLACE}`,
    ]);
  });

  it("as a whole, as a disk that failed, is mounted writable at its own place", () => {
    const { say, commands } = back(DISK, "/dev/sdb /srv ext4 errors=remount-ro 0 2", "/srv/data/x") ?? {};
    expect(say).toBe("mount /srv writable (if its disk failed, the kernel log says so)");
    expect(commands).toEqual(["mount -o remount,rw /srv"]);
    const inUnit = `${DISK}50 40 8:16 /data /srv/data rw shared:1 - ext4 /dev/sdb ro\n`;
    expect(back(inUnit, "", "/srv/data/x")?.commands).toEqual(["mount -o remount,rw /srv"]);
  });

  it("is none where a later mount lets write, or another folder has it", () => {
    const later = `${BIND}41 40 0:70 / ${PLACE} rw - tmpfs tmpfs rw\n`;
    for (const [mountinfo, path] of [
      [later, PLACE],
      [BIND, `${PLACE}-2`],
      [BIND, "/var/lib"],
      [DISK, PLACE],
      ["", PLACE],
    ] as const) {
      expect(readOnlyMountIn(mountinfo, "", path)).toBeUndefined();
    }
  });

  it.each([
    ["/data/ro /srv/ro none ro,bind 0 0", "/data/ro /srv/ro none rw,bind 0 0"],
    ["/data/ro\t/srv/ro\tnone\tbind,ro\t0 0", "/data/ro\t/srv/ro\tnone\tbind,rw\t0 0"],
    ["/data/ro /srv/ro none errors=remount-ro,ro", "/data/ro /srv/ro none errors=remount-ro,rw"],
    ["/data/ro /srv/ro none ro", "/data/ro /srv/ro none rw"],
  ])("by the line %j becomes %j, and no other line changes", (line, changed) => {
    const fstab = join(tempDir(), "fstab");
    writeFileSync(fstab, `a /a none ro 0 0\n${line}\n${line}\n`);
    const mountinfo = table("40 29 8:1 /data/ro /srv/ro ro - ext4 /dev/sda1 rw");
    const [command = "false"] = back(mountinfo, readFileSync(fstab, "utf8"), "/srv/ro/x")?.commands ?? [];
    execFileSync("sh", ["-c", command.replace("/etc/fstab", fstab)]);
    expect(readFileSync(fstab, "utf8")).toBe(`a /a none ro 0 0\n${changed}\n${line}\n`);
  });
});
