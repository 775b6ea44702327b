import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { DEBIAN_RELEASES } from "../support/debian-release.ts";
import { bootPrepared, haveMachines } from "../support/hosts.ts";
import { NodeHost } from "../support/node-host.ts";

const SLEEP = ["/usr/bin/sleep", "infinity"];
const UNIT = "bitcoin-node@btc-1.service";

/** Sends one line to the hand, and prints the last line of its answer. */
const CLIENT = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "/run/novacula-nodes.sock") or die "no socket: $!\\n"; print $s "$ARGV[0]\\n"; my @l = <$s>; print $l[-1];`;

/** Somebody who has the agent's user and group, without the sandbox of the agent's unit. */
class AgentUid extends NodeHost {
  async as(user: string, groups: string, command: readonly string[]) {
    const ids = [
      `--reuid=${user}`,
      `--regid=${user}`,
      ...(groups === "" ? ["--clear-groups"] : [`--groups=${groups}`]),
    ];
    return await this.machine.try(["setpriv", ...ids, "--bounding-set=-all", "--no-new-privs", ...command]);
  }

  /** The last line of the hand's answer to the agent's user. */
  async request(line: string): Promise<string> {
    const group = await this.machine.sh("getent group novacula-hand | cut -d: -f3");
    const { stdout, stderr } = await this.as("novacula", group, ["perl", "-e", CLIENT, line]);
    return stdout.trim() || stderr.trim();
  }
}

/** Commands that it must not be able to run. */
const REFUSED: Readonly<Record<string, string>> = {
  "start a unit": "systemctl start novacula-control-plane",
  "stop a unit": `systemctl stop ${UNIT}`,
  "stop the control plane": "systemctl stop novacula-control-plane",
  "set a property of a unit": `systemctl set-property ${UNIT} MemoryMax=1G`,
  "set an option that is no property": `systemctl set-property ${UNIT} User=root`,
  "enable a unit": "systemctl enable systemd-networkd",
  "clean a unit": `systemctl clean --what=state ${UNIT}`,
  "run something as a unit": "systemd-run --unit=bitcoin-node-x --property=User=root touch /evil",
  "run something as an instance": "systemd-run --unit=bitcoin-node@x --property=User=root touch /evil",
  "reload systemd": "systemctl daemon-reload",
  "write a unit": "touch /etc/systemd/system/evil.service",
  "write to the hand's folder": "touch /run/novacula-hand/deletions",
  "empty the count of deletions":
    "rm -f /run/novacula-hand/deletions && ! test -e /run/novacula-hand/deletions",
  "write to the programs": "touch /usr/lib/novacula/evil",
  "read data of a node": "ls /var/lib/private/novacula-nodes/btc-1",
  "read another service's journal": "journalctl -u novacula-control-plane --quiet | grep -q .",
  "kill a node": "kill -9 $(pgrep -x sleep)",
};

const BAD_REQUESTS = [
  "run novacula-control-plane.service",
  "stop novacula-agent.service",
  "run systemd-networkd.service",
  "run bitcoin-node@btc-1.timer",
  "run evil-node@btc-1.service",
  `limit ${UNIT} User=root`,
  `limit ${UNIT} DeviceAllow=/dev/sda`,
  `limit ${UNIT} MemoryMax=1 ExecStart=/bin/sh`,
  "logs novacula-control-plane.service 10",
  "logs * 10",
  "delete novacula-control-plane.service data=novacula-control-plane",
  `delete ${UNIT} data=btc-1`,
];

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("the agent's user on $title", (release) => {
  it("does not become root, and asks the hand for nodes only", async () => {
    const host = new AgentUid(await bootPrepared(release));
    const pid = await host.start(UNIT, SLEEP);
    await host.machine.sh("touch /run/novacula-hand/deletions");
    const group = await host.machine.sh("getent group novacula-hand | cut -d: -f3");
    const done: string[] = [];
    for (const [name, command] of Object.entries(REFUSED)) {
      const { exitCode } = await host.as("novacula", group, ["sh", "-c", command]);
      done.push(...(exitCode === 0 ? [name] : []));
    }
    expect(done).toEqual([]);
    for (const line of BAD_REQUESTS) {
      expect(await host.request(line), line).toMatch(/^error /u);
    }
    await host.machine.sh(
      "! test -e /evil && systemctl is-active --quiet novacula-control-plane novacula-agent",
    );
    expect(await host.pid(UNIT)).toBe(pid);
    // The same way works for what it may do.
    expect(await host.request(`limit ${UNIT} IOWeight=50`)).toBe("ok");
    expect(await host.request(`logs ${UNIT} 5`)).toBe("ok");
  }, 120_000);

  it("runs programs in cages only, and its links lead a cage to nothing that others may not read", async () => {
    const host = new AgentUid(await bootPrepared(release));
    const { machine } = host;
    await host.start("litecoin-node@victim.service", SLEEP);
    const nodes = "/var/lib/novacula/nodes";
    const data = "/var/lib/private/novacula-nodes";
    const said = async (node: string) =>
      await eventually(
        async () => {
          const { stdout } = await machine.try(["cat", `${data}/${node}/report`]);
          return stdout.endsWith("end\n") ? stdout.split("\n") : undefined;
        },
        { timeoutMs: 30_000, describe: "the program in the cage ends" },
      );
    const client = (paths: readonly string[]) => {
      const tries = paths.map((path) => `head -c 9 ${path} >/dev/null 2>&1 && echo read ${path}`);
      return `exec >$HOME/report; id -u; ${tries.join("; ")}; echo end; exec sleep infinity`;
    };
    // Links in its folder.
    const links = { key: "/etc/novacula/agent.toml", shadow: "/etc/shadow", data: `${data}/victim/wallet` };
    await host.write("links", "node", [
      "/bin/sh",
      "-c",
      client(Object.keys(links).map((name) => `${nodes}/links/${name}`)),
    ]);
    for (const [name, target] of Object.entries(links)) {
      await machine.sh(`ln -s ${target} ${nodes}/links/${name}; echo secret >> ${data}/victim/wallet`);
    }
    expect(await host.request("run bitcoin-node@links.service")).toBe("ok");
    const [uid, ...read] = await said("links");
    expect(Number(uid)).toBeGreaterThan(61_000);
    expect(read).toEqual(["end", ""]);
    // A link as its folder, which systemd follows as root. Even if its arguments are there:
    await host.write("folder", "node", [
      "/bin/sh",
      "-c",
      client(["novacula/agent.toml", "shadow"].map((name) => `${nodes}/folder/${name}`)),
    ]);
    await machine.sh(
      `mv ${nodes}/folder/node.argv /etc/node.argv; rmdir ${nodes}/folder; ln -s /etc ${nodes}/folder`,
    );
    expect(await host.request("run bitcoin-node@folder.service")).toBe("ok");
    expect((await said("folder")).slice(1)).toEqual(["end", ""]);

    // By design: what it runs in a node's cage reads that node's data.
    await host.write("victim", "node", ["/bin/sh", "-c", "cat $HOME/wallet; exec sleep infinity"]);
    expect(await host.request("restart litecoin-node@victim.service")).toBe("ok");
    await eventually(async () => (await host.journal("-u litecoin-node@victim.service")).includes("secret"), {
      timeoutMs: 30_000,
      describe: "the program has read the data",
    });
  }, 120_000);

  it("deletes four nodes an hour, runs 64 processes, and fills no journal", async () => {
    const host = new AgentUid(await bootPrepared(release));
    const { machine } = host;
    const names = [1, 2, 3, 4, 5].map((number) => `n-${number}`);
    await machine.sh(
      `for n in ${names.join(" ")}; do mkdir -p /var/lib/private/novacula-nodes/$n; echo x > /var/lib/private/novacula-nodes/$n/x; done; chmod 0700 /var/lib/private`,
    );
    const answers: string[] = [];
    for (const name of names) {
      answers.push(await host.request(`delete bitcoin-node@${name}.service data=${name}`));
    }
    expect(answers).toEqual(["ok", "ok", "ok", "ok", "error 4 deletions within an hour at most"]);
    await machine.sh(
      "test -e /var/lib/private/novacula-nodes/n-5/x && ! test -e /var/lib/private/novacula-nodes/n-4",
    );

    await host.start(UNIT, SLEEP);
    const wants = "/etc/systemd/system/novacula-nodes.target.wants";
    await machine.sh(`for n in $(seq 63); do ln -s /x ${wants}/bitcoin-node@more-$n.service; done`);
    expect(await host.request("run bitcoin-node@one-more.service")).toBe("error 64 processes at most");
    expect(await host.request(`run ${UNIT}`)).toBe("ok");
    expect(await host.request(`stop ${UNIT}`)).toBe("ok");
    await host.untilState(UNIT, "inactive");
    expect(await host.request("run bitcoin-node@one-more.service")).toBe("ok");

    // As if it had been refused 295 times already: five more lines, and no more.
    await machine.sh("yes $(date +%s) | head -n 295 > /run/novacula-hand/lines");
    for (let count = 0; count < 20; count += 1) {
      expect(await host.request("run ssh.service")).toBe("error not the name of a unit");
    }
    const lines = await host.journal("_PID=1 + SYSLOG_IDENTIFIER=novacula-nodes");
    expect(lines.filter((line) => line === "refused: not the name of a unit")).toHaveLength(5);
    expect(lines.filter((line) => line.includes("one request about nodes"))).toEqual([]);
    expect(lines.filter((line) => line === "more lines within an hour are left out")).toHaveLength(1);
    expect((await host.ask(`logs ${UNIT} 1`)).at(-1)).toBe("ok");
  }, 180_000);

  it("has a group that no person is in, and that alone may ask", async () => {
    const host = new AgentUid(await bootPrepared(release));
    expect(await host.machine.sh("getent group novacula-hand | cut -d: -f4")).toBe("");
    expect(await host.machine.run(["stat", "-c", "%a %U:%G", "/run/novacula-nodes.sock"])).toBe(
      "660 root:novacula-hand",
    );
    const ask = ["perl", "-e", CLIENT, `run ${UNIT}`];
    const novacula = await host.machine.sh("getent group novacula | cut -d: -f3");
    for (const [user, groups] of [
      ["65534", ""],
      ["65534", novacula],
      ["novacula", ""],
    ] as const) {
      expect((await host.as(user, groups, ask)).stderr).toContain("no socket: Permission denied");
    }
    const agent = await host.machine.run([
      "systemctl",
      "show",
      "novacula-agent",
      "--property=MainPID",
      "--value",
    ]);
    const groups = await host.machine.sh(`sed -n 's/^Groups:\\s*//p' /proc/${agent}/status`);
    expect(groups.split(" ")).toContain(await host.machine.sh("getent group novacula-hand | cut -d: -f3"));
  });
});
