import { describe, expect, it } from "vitest";
import { hiddenFolders, isWritable, neededPaths } from "../../../../src/agent/systemd/service/sandbox.ts";
import { hiddenIn, hiddenMounts } from "../../../../src/lib/files/hidden-folders.ts";
import { serviceFacts } from "../../../support/agent/service-facts.ts";

/** Lines that the packaged service sees on Debian 12. */
const MOUNTINFO = [
  "391 390 0:30 / / ro,relatime master:1 - overlay overlay rw",
  "400 391 0:40 /systemd-private-3f0e-novacula-agent.service-Ab1/tmp /tmp rw,nosuid - tmpfs tmpfs rw",
  "401 391 0:30 /var/tmp/systemd-private-3f0e-novacula-agent.service-Cd2/tmp /var/tmp rw - overlay overlay rw",
  "402 391 0:41 /systemd/inaccessible/dir /home ro,nosuid - tmpfs tmpfs rw",
  "403 391 0:41 /systemd/inaccessible/dir /run/user ro,nosuid - tmpfs tmpfs rw",
  "404 391 0:41 /systemd/inaccessible/dir /srv/a\\040b ro,nosuid - tmpfs tmpfs rw",
  "405 391 0:42 / /root ro,nosuid - tmpfs tmpfs rw",
  "406 391 0:43 / /run rw,nosuid - tmpfs tmpfs rw",
].join("\n");

describe("folders that the service does not see", () => {
  it.each([
    ["/tmp/key", "PrivateTmp=yes"],
    ["/var/tmp/a/key", "PrivateTmp=yes"],
    ["/home/ann/ca.pem", "ProtectHome=yes"],
    ["/root/agent.toml", "ProtectHome=yes"],
    ["/run/user/0/key", "ProtectHome=yes"],
    ["/etc/novacula/key", undefined],
    ["/tmpfs/key", undefined],
    ["/homeless/key", undefined],
  ])("%s by the settings of the unit: %s", (path, setting) => {
    expect(hiddenIn(path, hiddenFolders(serviceFacts()))?.setting).toBe(setting);
  });

  it.each([
    ["/tmp/key", "PrivateTmp="],
    ["/var/tmp/key", "PrivateTmp="],
    ["/home/ann/key", "ProtectHome="],
    ["/run/user/0/key", "ProtectHome="],
    ["/root/key", "ProtectHome="],
    ["/srv/a b/key", "InaccessiblePaths="],
    ["/run/novacula/x", undefined],
    ["/etc/key", undefined],
  ])("%s by what is mounted: %s", (path, setting) => {
    expect(hiddenIn(path, hiddenMounts(MOUNTINFO))?.setting).toBe(setting);
  });

  it("are none without a sandbox", () => {
    expect(hiddenFolders(serviceFacts("ProtectHome=read-only\nPrivateTmp=no"))).toEqual([]);
    expect(
      hiddenMounts("30 1 0:30 / / rw - ext4 /dev/sda1 rw\n31 30 0:31 / /tmp rw - tmpfs tmpfs rw"),
    ).toEqual([]);
  });

  it("may be others that the unit names", () => {
    const facts = serviceFacts('InaccessiblePaths=/srv/x "-/srv/y z"\nTemporaryFileSystem=/opt:ro,mode=755');
    const by = (path: string) => hiddenIn(path, hiddenFolders(facts))?.setting;
    expect(["/srv/x/k", "/srv/y z/k", "/opt/k"].map(by)).toEqual([
      "InaccessiblePaths=",
      "InaccessiblePaths=",
      "TemporaryFileSystem=",
    ]);
  });
});

describe("folders that the service needs", () => {
  it("are those without a minus, without their options", () => {
    const facts = serviceFacts(
      'ReadWritePaths=/srv/a "/srv/b c" -/srv/d\nBindPaths=/srv/e:/srv/x:rbind\nReadOnlyPaths=+/srv/f',
    );
    expect(neededPaths(facts).map(({ path }) => path)).toEqual(["/srv/a", "/srv/b c", "/srv/f", "/srv/e"]);
  });

  it("have the namespace of its network beside them", () => {
    const facts = serviceFacts(
      "BindReadOnlyPaths=/etc/netns/mgmt/hosts:/etc/hosts\nNetworkNamespacePath=/run/netns/mgmt",
    );
    expect(neededPaths(facts)).toEqual([
      { path: "/etc/netns/mgmt/hosts", setting: "BindReadOnlyPaths=" },
      { path: "/run/netns/mgmt", setting: "NetworkNamespacePath=" },
    ]);
    expect(neededPaths(serviceFacts())).toEqual([]);
  });

  it("are writable where the unit says so", () => {
    const facts = serviceFacts("ReadWritePaths=/srv/a");
    const paths = ["/var/lib/novacula", "/var/lib/novacula2", "/srv/a/b", "/srv/ab", "/run/novacula"];
    expect(paths.filter((path) => isWritable(path, facts))).toEqual([
      "/var/lib/novacula",
      "/srv/a/b",
      "/run/novacula",
    ]);
    expect(isWritable("/srv/b", serviceFacts("ProtectSystem=full"))).toBe(true);
    expect(isWritable("/etc/b", serviceFacts("ProtectSystem=full"))).toBe(false);
  });
});
