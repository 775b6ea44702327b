import { describe, expect, it } from "vitest";
import { withSuspects } from "../../../src/agent/doctor/check-changes.ts";
import { checkPlaces } from "../../../src/agent/doctor/check-places.ts";
import { changedSettings } from "../../../src/agent/systemd/service/changed-settings.ts";
import { type Assignment, assignmentsOf } from "../../../src/agent/systemd/service/unit-files.ts";
import { remedyText } from "../../../src/lib/text/remedy.ts";
import { GOOD_PLACES } from "../../support/agent/fault-table.ts";

const missing = (path: string, setting: string) =>
  checkPlaces({ ...GOOD_PLACES, missing: [{ path, setting }] });
const remedy = (path: string, setting: string) => remedyText(missing(path, setting)[0]?.remedy ?? []);

describe("a path that the unit names and this host lacks", () => {
  it.each(["/srv/a", "/var/lib/other", "/data/novacula.d", "/etc/novacula/keys", "/opt/x/logs"])(
    "is made if it is a folder for the service to write to: %s",
    (path) => {
      expect(remedy(path, "ReadWritePaths=")).toContain(
        `install -d -o novacula -g novacula -m 0700 ${path} && `,
      );
    },
  );

  it.each([
    ["/etc/netns/mgmt/resolv.conf", "BindReadOnlyPaths="],
    ["/srv/a", "BindReadOnlyPaths="],
    ["/srv/a", "BindPaths="],
    ["/srv/a", "ReadOnlyPaths="],
    ["/srv/a", "InaccessiblePaths="],
    ["/run/netns/mgmt", "NetworkNamespacePath="],
    ["/var/log/agent.log", "ReadWritePaths="],
    ["/run/other.sock", "ReadWritePaths="],
    ["/run/other", "ReadWritePaths="],
    ["/etc/corp", "ReadWritePaths="],
    ["/home/me", "ReadWritePaths="],
  ])("is no folder to be made otherwise: %s of %s", (path, setting) => {
    const [found] = missing(path, setting);
    expect(found?.detail).toBe(
      `${path} does not exist, and the service cannot start without it (${setting} of its unit)`,
    );
    expect(remedy(path, setting)).not.toContain("install");
    expect(remedy(path, setting)).toMatch(
      /^Take that path out of the unit.*systemctl cat novacula-agent. Then run: .* && .*novacula-agent restart$/u,
    );
  });

  it("has the lines of this host that name it", () => {
    const file = "/etc/systemd/system/novacula-agent.service.d/20-network.conf";
    const changed = [
      { file, line: 3, section: "Service", name: "NetworkNamespacePath", value: "/run/netns/mgmt" },
      { file, line: 4, section: "Service", name: "BindReadOnlyPaths", value: "/etc/netns/mgmt/x:/etc/x" },
    ];
    const [found] = missing("/run/netns/mgmt", "NetworkNamespacePath=").map((each) =>
      withSuspects(each, changed),
    );
    expect(found?.detail).toContain(`NetworkNamespacePath=/run/netns/mgmt (${file} line 3)`);
    expect(remedyText(found?.remedy ?? [])).toMatch(
      /^If those should not be so, take those out, then run: .*systemctl daemon-reload && .*novacula-agent restart/u,
    );
  });

  it("is named with the others of its file, and the file is moved away if it sets nothing else", () => {
    const file = "/etc/systemd/system/novacula-agent.service.d/20-network.conf";
    const text =
      "[Service]\nBindReadOnlyPaths=\nNetworkNamespacePath=/run/netns/mgmt\nBindReadOnlyPaths=/etc/netns/mgmt/x:/etc/x";
    const changed = changedSettings(assignmentsOf(text, file));
    const found = checkPlaces({
      ...GOOD_PLACES,
      missing: [
        { path: "/etc/netns/mgmt/x", setting: "BindReadOnlyPaths=" },
        { path: "/run/netns/mgmt", setting: "NetworkNamespacePath=" },
      ],
    });
    const remedyWith = (lines: readonly Assignment[]) =>
      remedyText(found.map((each) => withSuspects(each, lines))[0]?.remedy ?? []);
    expect(found).toHaveLength(1);
    expect(found[0]?.detail).toMatch(
      /^\/etc\/netns\/mgmt\/x does not exist, .*\. \/run\/netns\/mgmt does not/u,
    );
    expect(remedyWith(changed)).toMatch(
      /^If those should not be so, take those out: move away the file, .*: (?:sudo )?mv -bT (\S+) \1\.old && .*daemon-reload && .*restart/u,
    );
    const more = changedSettings(assignmentsOf(`${text}\nNice=5`, file));
    expect(remedyWith(more)).toMatch(
      /take those out: make its lines comments: (?:sudo )?sed -i --follow-symlinks '2s\/\^\/# \/;3s\/\^\/# \/;4s\/\^\/# \/' \S+20-network\.conf && /u,
    );
    const unseen = changed.map(({ inFile: _, ...one }) => one);
    expect(remedyWith(unseen)).toContain("take those out, then run: ");
  });
});
