import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEBIAN_PACKAGES, OPERATOR_DOCUMENTS } from "../../../packaging/debian-packages.ts";
import { lacks } from "../../support/requires.ts";
import { DEBIAN_RELEASES, type DebianRelease } from "./support/debian-release.ts";
import { CONFIG, ExecutorHost } from "./support/executor-host.ts";
import { bootEmpty, haveMachines, suiteRoots } from "./support/hosts.ts";
import type { Machine } from "./support/machine.ts";
import { NEWER_VERSION } from "./support/newer-version.ts";

/** Everything that a package, a service or an administrator may have left. */
const TRACES =
  "find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -name '*novacula*' -print | grep -v '^/var/log/\\|^/tmp\\|^/srv' | sort";

async function put(machine: Machine, archive: string, name: string): Promise<void> {
  copyFileSync(archive, machine.path(`/srv/${name}.deb`));
}

async function emptyWithArchives(release: DebianRelease): Promise<ExecutorHost> {
  const machine = await bootEmpty(release);
  const { nodes, agent, controlPlane, newer } = suiteRoots().archives;
  await put(machine, nodes, "nodes");
  await put(machine, agent, "agent");
  await put(machine, controlPlane, "control-plane");
  await put(machine, newer, "newer");
  return new ExecutorHost(machine);
}

/** dpkg as an unattended upgrade runs it: nobody answers. */
const INSTALL = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--install"];

const hasLintian = spawnSync("lintian", ["--version"]).status === 0;

it.skipIf(!haveMachines || lacks("lintian", hasLintian))(
  "lintian has no error and no warning for the packages",
  () => {
    const { nodes, agent, controlPlane } = suiteRoots().archives;
    // The suite packs with zstd, for speed; releases are packed with xz.
    const args = ["--suppress-tags=malformed-deb-archive", "--fail-on=error,warning", "--allow-root"];
    // Half of the time would go to the spelling of Node's messages, which is no more than information.
    args.push("--dont-check-part=binaries/spelling");
    const { status, stdout } = spawnSync("lintian", [...args, nodes, agent, controlPlane], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  },
  600_000,
);

it.skipIf(!haveMachines)("the packages hold the documents that their units and other documents name", () => {
  const { archives } = suiteRoots();
  for (const { name } of DEBIAN_PACKAGES) {
    const archive = name === "novacula-agent" ? archives.agent : archives.controlPlane;
    const { stdout: tree } = spawnSync("dpkg-deb", ["--fsys-tarfile", archive], { maxBuffer: 2 ** 28 });
    const { stdout: listed } = spawnSync("tar", ["--list"], { input: tree, encoding: "utf8" });
    const { stdout: unit } = spawnSync(
      "tar",
      ["--extract", "--to-stdout", `./usr/lib/systemd/system/${name}.service`],
      { input: tree, encoding: "utf8" },
    );
    const cited = [...unit.matchAll(/file:\/\/(\/\S+)/gu)].map(([, path]) => `.${path}`);
    expect(cited).toHaveLength(1);
    const documents = OPERATOR_DOCUMENTS.map((path) => path.replace("docs/", `./usr/share/doc/${name}/`));
    const schema = `./usr/share/doc/${name}/schemas/error.schema.json`;
    expect(listed.split("\n")).toEqual(expect.arrayContaining([...cited, ...documents, schema]));
  }
});

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the package on $title", (release) => {
  it("installs without a key as a calm service that says what it waits for, and goes online with one", async () => {
    const host = await emptyWithArchives(release);
    const { machine } = host;
    await machine.run([...INSTALL, "/srv/control-plane.deb", "/srv/nodes.deb", "/srv/agent.deb"]);
    expect(await machine.run(["systemctl", "is-enabled", "novacula-agent"])).toBe("enabled");
    expect(await host.show("ActiveState", "NRestarts")).toEqual({ ActiveState: "active", NRestarts: "0" });
    await host.untilStatusText(/novacula-agent set-key/u);
    expect(await machine.run(["stat", "-c", "%a %U:%G", CONFIG])).toBe("640 root:novacula");

    // As the README says: url, then key.
    await machine.run(["sed", "-i", 's|^url = .*|url = "http://127.0.0.1:3000"|', CONFIG]);
    await machine.run(["novacula-control-plane", "org", "create", "acme"]);
    const key = await host.createKey("first");
    const said = await machine.run(["novacula-agent", "set-key"], `${key.secret}\n`);
    expect(said).toContain(key.id);
    await host.untilOnline(key);
    expect(await machine.run(["novacula-agent", "status"])).toContain("Online");
    expect(await machine.run(["stat", "-c", "%a %U:%G", CONFIG])).toBe("640 root:novacula");
  });

  it("upgrades unattended with one restart behind the unpacking, keeps edits, mode and disable, and downgrades", async () => {
    const host = await emptyWithArchives(release);
    const { machine } = host;
    await machine.run([...INSTALL, "/srv/nodes.deb", "/srv/agent.deb"]);
    await machine.sh(`echo '# mine' >> ${CONFIG}; chmod 0600 ${CONFIG}; chown novacula:novacula ${CONFIG}`);
    const before = await machine.run(["sha256sum", CONFIG]);
    const { MainPID } = await host.show("MainPID");
    await machine.run([...INSTALL, "/srv/newer.deb"]);
    expect(await machine.run(["dpkg-query", "--show", "novacula-agent"])).toBe(
      `novacula-agent\t${NEWER_VERSION}`,
    );
    expect(await machine.run(["sha256sum", CONFIG])).toBe(before);
    expect(await machine.run(["stat", "-c", "%a %U:%G", CONFIG])).toBe("600 novacula:novacula");
    expect((await host.show("ActiveState"))["ActiveState"]).toBe("active");
    expect((await host.show("MainPID"))["MainPID"]).not.toBe(MainPID);
    // So the executor is offline for a restart, and not while dpkg works.
    expect(await endOfServiceUs(machine)).toBeGreaterThan(await unpackedUs(machine));

    await machine.run(["systemctl", "disable", "--now", "novacula-agent"]);
    await machine.run([...INSTALL, "/srv/agent.deb"]);
    expect((await machine.try(["systemctl", "is-enabled", "novacula-agent"])).stdout.trim()).toBe("disabled");
    expect((await host.show("ActiveState"))["ActiveState"]).toBe("inactive");
    expect(await machine.run(["sha256sum", CONFIG])).toBe(before);
  });

  it("keeps configuration and state when it is removed, and leaves nothing when it is purged", async () => {
    const host = await emptyWithArchives(release);
    const { machine } = host;
    const before = await machine.sh(TRACES);
    await machine.run([...INSTALL, "/srv/control-plane.deb", "/srv/nodes.deb", "/srv/agent.deb"]);
    await machine.run(["dpkg", "--remove", "novacula-agent", "novacula-control-plane"]);
    expect((await machine.try(["systemctl", "is-active", "novacula-agent"])).stdout.trim()).toBe("inactive");
    await machine.sh(`test -f ${CONFIG} && test -f /var/lib/novacula/state.json`);
    await machine.sh(
      "test -f /var/lib/novacula-control-plane/control-plane.db && ! test -e /usr/bin/novacula-agent",
    );
    await machine.run([...INSTALL, "/srv/agent.deb"]);
    expect(await machine.run(["systemctl", "is-active", "novacula-agent"])).toBe("active");

    await machine.run(["dpkg", "--purge", "novacula-agent", "novacula-control-plane", "novacula-nodes"]);
    expect(await machine.sh(TRACES)).toBe(before);
    expect(await machine.run(["systemctl", "--failed", "--no-legend"])).toBe("");
  });
});

/** When the old process was told to end, epoch µs. */
async function endOfServiceUs(machine: Machine): Promise<number> {
  const unit = "/org/freedesktop/systemd1/unit/novacula_2dagent_2eservice";
  const name = ["org.freedesktop.systemd1", unit, "org.freedesktop.systemd1.Unit", "ActiveExitTimestamp"];
  const shown = await machine.run(["busctl", "get-property", ...name]);
  return Number(/^t (\d+)/u.exec(shown)?.[1]);
}

/** When dpkg had put the new program into its place, epoch µs. */
async function unpackedUs(machine: Machine): Promise<number> {
  const seconds = await machine.run(["stat", "--dereference", "--format=%.6Z", "/usr/bin/novacula-agent"]);
  return Number(seconds.replace(".", ""));
}
