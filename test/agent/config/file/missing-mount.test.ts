import { describe, expect, it } from "vitest";
import { mountStep } from "../../../../src/agent/config/file/missing-mount.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const ROOT = "21 1 0:20 / / rw,relatime shared:1 - overlay overlay rw";
const OVER = "90 21 0:50 / /etc/novacula rw,relatime shared:9 - tmpfs none rw";
const FILE = "/etc/novacula/agent.toml";

function said(path: string, mountinfo: readonly string[], fstab = "", isInSandbox = false) {
  const found = mountStep(path, { mountinfo: mountinfo.join("\n"), fstab, isInSandbox });
  return found && remedyText([found]).replaceAll("sudo ", "");
}

describe("a mount that explains a missing file", () => {
  it("is one over its folder", () => {
    expect(said(FILE, [ROOT, OVER])).toBe(
      "A file system (tmpfs) is mounted on /etc/novacula, and hides what was there before. If it should not be mounted, run: umount /etc/novacula",
    );
    expect(said("/etc/novacula/keys/key", [OVER, ROOT])).toContain("umount /etc/novacula");
    // A service has mounts of its own, which that command does not reach.
    expect(said(FILE, [ROOT, OVER], "", true)).not.toContain("umount");
  });

  it.each([
    ["/mnt/nas/agent.toml", "# <file system>\nnas:/export /mnt/nas nfs defaults 0 0", 2, "/mnt/nas"],
    ["/data/a/b/key", "UUID=1\t/data\text4\tdefaults", 1, "/data"],
    ["/mnt/my disk/key", "UUID=1 /mnt/my\\040disk ext4 defaults", 1, "'/mnt/my disk'"],
  ])("is one that fstab wants and that is not there: %s", (path, fstab, line, folder) => {
    const text = said(path, [ROOT], fstab);
    expect(text).toContain(`/etc/fstab line ${line} says`);
    expect(text?.endsWith(`mount ${folder}`)).toBe(true);
  });

  it.each([
    ["none is there", FILE, [ROOT], ""],
    ["it is there as fstab wants it", FILE, [ROOT, OVER], "none /etc/novacula tmpfs defaults"],
    ["only the root is mounted", FILE, [ROOT], "UUID=1 / ext4 defaults"],
    ["it is a file system of a whole tree", "/srv/key", ["30 21 8:1 / /srv rw - ext4 /dev/sda1 rw"], ""],
    ["it is commented out", "/mnt/nas/key", [ROOT], "#nas:/export /mnt/nas nfs defaults"],
    ["it is of another folder", "/mnt/nas2/key", [ROOT], "nas:/export /mnt/nas nfs defaults"],
  ])("is none where %s", (_why, path, mountinfo, fstab) => {
    expect(said(path, mountinfo, fstab)).toBeUndefined();
  });
});
