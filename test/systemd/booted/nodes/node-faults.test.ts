import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { NodeProblem } from "../../../../src/protocol/nodes/observed-node.ts";
import { type DebianRelease, onEachRelease } from "../support/debian-release.ts";
import { haveMachines } from "../support/hosts.ts";
import { ManagedNodes, withAnvil } from "../support/managed-nodes.ts";

/** Most of it is waiting for what the agent reports. */
vi.setConfig({ testTimeout: 600_000 });

const CLIENTS = "/usr/lib/novacula/clients/anvil";
const GOOD = `${CLIENTS}/1.7.1/anvil`;
/** A version that nobody has: what stands in its place is the test's. */
const ODD = `${CLIENTS}/1.5.1`;
const SQUATTER =
  'require("node:net").createServer().listen(8547, "127.0.0.1"); process.stdin.on("end", () => process.exit()).resume()';

const examination = z.object({
  cause: z.object({ stage: z.string(), detail: z.string(), remedy: z.string() }).nullable(),
});

/** Puts a program in the place of the client, and has it started anew. */
const program = (text: string) =>
  `mkdir -p ${ODD}; printf '#!/bin/sh\\n%s\\n' '${text}' > ${ODD}/anvil.new; chmod 0755 ${ODD}/anvil.new; mv ${ODD}/anvil.new ${ODD}/anvil`;

class FaultyNodes extends ManagedNodes {
  static async prepared(release: DebianRelease): Promise<FaultyNodes> {
    const { host } = await ManagedNodes.ready(release, withAnvil());
    return new FaultyNodes(host.machine, release);
  }

  async examined() {
    const { exitCode, stdout } = await this.machine.try(["novacula-agent", "doctor", "--json"]);
    return { exitCode, ...examination.parse(JSON.parse(stdout)) };
  }

  /** Doctor is bad, and its cause is this problem. */
  async doctorNames(problem: NodeProblem, remedy: string): Promise<void> {
    // A client that is silent counts as starting for a minute.
    await this.untilProblem("odd", problem, 180_000);
    const { exitCode, cause } = await this.examined();
    expect({ exitCode, ...cause }).toEqual({
      exitCode: 1,
      stage: "nodes",
      detail: expect.stringMatching(new RegExp(`^node odd \\(node\\): .*\\[${problem}\\]$`, "u")),
      remedy: expect.stringContaining(remedy),
    });
  }

  async doctorIsGood(): Promise<void> {
    await this.untilRunning("odd");
    const { exitCode, stdout } = await this.machine.try(["novacula-agent", "doctor"]);
    expect(exitCode, stdout).toBe(0);
  }
}

describe.skipIf(!haveMachines)("doctor and a faulty node on each Debian", () => {
  it("names each problem with its remedy, and is content once it is gone", () =>
    onEachRelease(async (release) => {
      const host = await FaultyNodes.prepared(release);
      const { machine } = host;
      const rpc = ["--port", "node.rpc=8547"];
      await host.createNode("odd", "dev-ethereum", "dev", "--client", "node=anvil@1.5.1", ...rpc);
      await host.doctorNames("binary_missing", "Install the client where this says");

      await machine.sh(program("exit 3"));
      await host.doctorNames("crash_loop", "novacula-agent nodes logs odd node");
      await machine.sh(program("exec sleep infinity"));
      await host.answeredNode("restart", "odd");
      await host.doctorNames("unresponsive", "novacula-agent nodes logs odd node");
      await machine.sh(program(`exec ${GOOD} "$@"`));
      await host.answeredNode("restart", "odd");
      await host.doctorIsGood();

      await host.answeredNode("stop", "odd");
      await host.untilNode("odd", "it is stopped", ({ phase }) => phase === "stopped");
      const squatter = machine.spawnInNetwork([process.execPath, "-e", SQUATTER]);
      // 8547 in hexadecimal. A client that is started before it listens ends with an error of its own.
      await machine.sh('until grep -q ":2163 " /proc/net/tcp; do sleep 0.1; done');
      await host.answeredNode("start", "odd");
      await host.doctorNames("port_taken", "ss -lptun");
      squatter.stdin.end();
      await host.doctorIsGood();

      await host.answeredNode("stop", "odd");
      await host.untilNode("odd", "it is stopped", ({ phase }) => phase === "stopped");
      await machine.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", "/var/lib/private"]);
      await host.answeredNode("start", "odd");
      await host.doctorNames("disk_low", "du -xh -d 3 /var/lib/private | sort -h | tail");
      await machine.run(["umount", "/var/lib/private"]);
      await host.doctorIsGood();

      await machine.run(["systemctl", "stop", "novacula-nodes.socket"]);
      await host.answeredNode("restart", "odd");
      await host.untilProblem("odd", "hand_unavailable");
      const { exitCode, cause } = await host.examined();
      expect([exitCode, cause?.detail]).toEqual([
        1,
        expect.stringContaining("the root helper does not listen"),
      ]);
      await machine.sh(cause?.remedy.slice(cause.remedy.lastIndexOf(": ") + 2) ?? "false");
      await host.doctorIsGood();

      // The folder for its arguments: the agent makes it when it first looks at the node.
      const folder = "/var/lib/novacula/nodes/odd";
      await machine.sh(`systemctl stop novacula-agent; mv ${folder} /srv/odd; echo > ${folder}
      systemctl start novacula-agent`);
      await host.doctorNames("bad_spec", `mv -bT ${folder} ${folder}.old`);
      await machine.sh(`rm ${folder}; mv /srv/odd ${folder}`);
      await host.doctorIsGood();

      // As if four had been deleted within the last hour.
      await machine.sh("yes $(date +%s) | head -n 4 > /run/novacula-hand/deletions");
      await host.management("nodes", "delete", "odd", "--confirm", "odd", "--delete-data");
      await host.doctorNames("deletion_held_back", "cp -a /var/lib/private/novacula-nodes/odd /root/");
    }));
});
