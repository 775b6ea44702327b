import { once } from "node:events";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { eventually } from "../../../support/eventually.ts";
import type { DebianRelease } from "./debian-release.ts";
import type { Extras } from "./hosts.ts";
import type { Machine } from "./machine.ts";

const SOCKET = "/run/novacula-nodes.sock";
const NODES = "/var/lib/novacula/nodes";

/** An empty file masks a unit: two services that nobody asks need two thirds of a boot. */
const NO_SERVICES = Object.fromEntries(
  ["novacula-agent", "novacula-control-plane"].map((name) => [`etc/systemd/system/${name}.service`, ""]),
);

/** A machine on which nodes run without an agent: the test is the agent. */
export class NodeHost {
  readonly machine: Machine;

  /** With all packages installed, and neither agent nor control plane running. */
  static async boot(release: DebianRelease, { files, ...extras }: Extras = {}): Promise<NodeHost> {
    // Only here: the benches have machines of their own, and no test runner that knows the roots.
    const { bootInstalled } = await import("./hosts.ts");
    return new NodeHost(await bootInstalled(release, { ...extras, files: { ...NO_SERVICES, ...files } }));
  }

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Sends a request to the hand as root and resolves with the lines of its answer. */
  async ask(request: string): Promise<readonly string[]> {
    const connection = createConnection(this.machine.path(SOCKET));
    await once(connection, "connect");
    connection.write(`${request}\n`);
    const answer = await text(connection);
    return answer.split("\n").slice(0, -1);
  }

  /** The same for a request that must succeed. */
  async order(request: string): Promise<void> {
    const answer = await this.ask(request);
    if (answer.at(-1) !== "ok") {
      throw new Error(`${request}: ${answer.join(" | ")}`);
    }
  }

  /** Writes the argument list of a process, as the agent does. */
  async write(node: string, role: string, argv: readonly string[]): Promise<void> {
    await this.machine.sh(
      `install -d -o novacula -g novacula -m 0755 ${NODES} ${NODES}/${node}
       cat > ${NODES}/${node}/new; chown novacula:novacula ${NODES}/${node}/new; chmod 0644 ${NODES}/${node}/new
       mv ${NODES}/${node}/new ${NODES}/${node}/${role}.argv`,
      argv.map((argument) => `${argument}\n`).join(""),
    );
  }

  /** Writes it, runs it, and resolves with the PID of the client. */
  async start(unit: string, argv: readonly string[]): Promise<number> {
    const [, chainRole = "", node = ""] = /^(.*)@(.*)\.service$/u.exec(unit) ?? [];
    await this.write(node, chainRole.slice(chainRole.lastIndexOf("-") + 1), argv);
    await this.order(`run ${unit}`);
    return await this.untilActive(unit);
  }

  /** Resolves with the PID of the client once the unit is active. */
  async untilActive(unit: string): Promise<number> {
    await this.untilState(unit, "active");
    return await this.pid(unit);
  }

  async untilState(unit: string, state: string, timeoutMs = 30_000): Promise<void> {
    await eventually(async () => (await this.state(unit)) === state, {
      timeoutMs,
      describe: `${unit} is ${state}`,
    });
  }

  async state(unit: string): Promise<string> {
    return await this.property(unit, "ActiveState");
  }

  async pid(unit: string): Promise<number> {
    return Number(await this.property(unit, "MainPID"));
  }

  async property(unit: string, name: string): Promise<string> {
    return await this.machine.run(["systemctl", "show", unit, `--property=${name}`, "--value"]);
  }

  async isEnabled(unit: string): Promise<boolean> {
    return (await this.machine.try(["systemctl", "is-enabled", "--quiet", unit])).exitCode === 0;
  }

  /** The journal of the hand or of a unit in this boot, oldest line first. */
  async journal(...options: readonly string[]): Promise<readonly string[]> {
    const said = await this.machine.sh(
      `journalctl --sync; journalctl -b -o cat --all --no-pager ${options.join(" ")}`,
    );
    return said.split("\n").filter((line) => line !== "" && !line.startsWith("-- "));
  }
}
