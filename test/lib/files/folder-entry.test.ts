import { describe, expect, it } from "vitest";
import {
  commandsToEnter,
  isNeverGiven,
  moveOut,
  narrowFolders,
  writeElsewhere,
} from "../../../src/lib/files/folder-entry.ts";

const ROOT = { uid: 0 };
const OTHER = { uid: 1000 };

describe("a folder that a service may not enter", () => {
  it.each([
    "/",
    "/etc",
    "/etc/novacula",
    "/home",
    "/opt",
    "/run",
    "/srv",
    "/usr",
    "/usr/local/share",
    "/var",
    "/var/lib",
  ])("%s is for every user, and no group of a service gets it", (folder) => {
    expect(commandsToEnter(folder, ROOT, "novacula")).toEqual([`chmod 755 ${folder}`]);
    // What another owner has set for its group stays.
    expect(commandsToEnter(folder, OTHER, "novacula")).toEqual([`chmod o+x ${folder}`]);
  });

  it.each(["/tmp", "/var/tmp"])("%s gets back what every user needs of it", (folder) => {
    expect(commandsToEnter(folder, ROOT, "novacula")).toEqual([`chmod 1777 ${folder}`]);
  });

  it.each(["/root", "/root/keys", "/home/ann", "/home/ann/a b", "/run/user/1000", "/var/lib/private/x"])(
    "%s stays closed, and the file moves",
    (folder) => {
      expect(commandsToEnter(folder, ROOT, "novacula")).toBeUndefined();
      expect(commandsToEnter(folder, OTHER, "novacula")).toBeUndefined();
      expect(moveOut(`${folder}/key`, folder)).toContain(`Leave ${folder} closed: move ${folder}/key into`);
    },
  );

  it.each(["/srv/keys", "/etc/novacula/keys", "/var/lib/keys", "/rootfs", "/homes", "/usr2", "/tmp/a"])(
    "%s is opened to the group of the service alone",
    (folder) => {
      expect(commandsToEnter(folder, ROOT, "novacula")).toEqual([
        `chgrp novacula ${folder}`,
        `chmod g+x ${folder}`,
      ]);
    },
  );

  it("is noticed once it is open to a group alone", () => {
    const modes = new Map([
      ["/", 0o40710],
      ["/etc", 0o40750],
      ["/etc/novacula", 0o40755],
    ]);
    const found = (path: string) => narrowFolders(path, (folder) => modes.get(folder));
    expect(found("/etc/novacula/agent.toml")).toEqual(["/etc", "/"]);
    modes.set("/etc", 0o40755).set("/srv/keys", 0o40710).set("/", 0o40700);
    // Its own folder may be closed to others, and one that is closed to all is another fault.
    expect(found("/srv/keys/agent.toml")).toEqual([]);
    expect(found("/etc/novacula/agent.toml")).toEqual([]);
  });

  it("gives words that a shell reads as they are", () => {
    expect(commandsToEnter("/srv/it's", ROOT, "a b")?.[0]).toBe("chgrp 'a b' '/srv/it'\\''s'");
  });
});

describe("a folder that a program writes to", () => {
  it.each([
    ...["/", "/bin", "/boot/efi", "/dev/shm", "/etc", "/etc/cron.d", "/etc/novacula", "/home", "/home/ann"],
    ...["/lib/systemd", "/media", "/mnt", "/opt", "/proc/1", "/root", "/run", "/run/user/1000", "/sbin"],
    ...["/srv", "/sys", "/tmp", "/usr/local/lib", "/var", "/var/lib", "/var/lib/private", "/var/log"],
    ...["/var/mail", "/var/spool", "/var/tmp"],
  ])("%s never becomes a program's own", (folder) => {
    expect(isNeverGiven(folder)).toBe(true);
  });

  it.each([
    ...["/data", "/home/ann/novacula", "/opt/novacula", "/run/novacula", "/srv/novacula", "/tmp/a"],
    ...["/var/lib/novacula", "/var/lib/private/novacula", "/var/log/novacula", "/rooted", "/etcetera"],
  ])("%s may become one", (folder) => {
    expect(isNeverGiven(folder)).toBe(false);
  });

  it("gives a shared folder back to all, and leaves others", () => {
    expect(writeElsewhere("/tmp", "novacula")).toBe(
      "give it back what every user needs of it:\nsudo chmod 1777 /tmp",
    );
    expect(writeElsewhere("/etc", "novacula")).toContain("leave /etc as it is");
  });
});
