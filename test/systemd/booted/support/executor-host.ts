import { request } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { type AgentStatus, agentStatusSchema, keyIs } from "../../../../src/agent/daemon/status/status.ts";
import { noteKey } from "../../../support/canary.ts";
import { runManagement } from "../../../support/control-plane/control-plane.ts";
import { eventually } from "../../../support/eventually.ts";
import type { DebianRelease } from "./debian-release.ts";
import type { Extras } from "./hosts.ts";
import type { Machine } from "./machine.ts";

export interface IssuedKey {
  readonly id: string;
  readonly fingerprint: string;
  readonly secret: string;
}

export interface Settings {
  /** Default 1, so that tests wait a fifth of the usual time for the next sync. */
  readonly syncIntervalSecs?: number;
}

const issued = z.object({
  key: z.object({ id: z.string(), fingerprint: z.string() }),
  secret: z.string(),
});
const executor = z.object({
  name: z.string(),
  status: z.string(),
  lastRefusal: z.object({ reason: z.string() }).nullable(),
});
const executors = z.object({ executors: z.array(executor) });

export const CONFIG = "/etc/novacula/agent.toml";
const SERVICE = "novacula-agent.service";
/** Generous, for a busy machine. */
const WAIT_MS = 40_000;

/** A machine with the services of the agent and of the real control plane. */
export class ExecutorHost {
  readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Booted, with an organization, and an agent that waits for its key. */
  static async boot(release: DebianRelease, extras: Extras = {}): Promise<ExecutorHost> {
    // Only here: the benches have machines of their own, and no test runner that knows the roots.
    const { bootPrepared } = await import("./hosts.ts");
    const host = new ExecutorHost(await bootPrepared(release, { hasClients: false, ...extras }));
    await host.controlPlaneAnswers();
    return host;
  }

  /** The same with an agent that is online. */
  static async online(
    release: DebianRelease,
    extras: Extras = {},
  ): Promise<{ host: ExecutorHost; key: IssuedKey }> {
    const host = await ExecutorHost.boot(release, extras);
    return { host, key: await host.bringOnline() };
  }

  /** Gives the agent its first key. */
  async bringOnline(settings: Settings = {}): Promise<IssuedKey> {
    const key = await this.createKey("first");
    await this.configure(key.secret, settings);
    await this.untilOnline(key);
    return key;
  }

  async controlPlaneAnswers(): Promise<void> {
    await eventually(async () => (await this.management("org", "list")) !== undefined, {
      timeoutMs: 15_000,
      describe: "the control plane answers",
    });
  }

  /**
   * Runs a command of the control plane in this process, on the machine's socket. To start the
   * binary for it costs a hundred times more.
   */
  async management(...args: readonly string[]): Promise<unknown> {
    const socket = this.machine.path("/var/lib/novacula-control-plane/management.sock");
    return await runManagement(args, socket);
  }

  async createKey(name: string): Promise<IssuedKey> {
    return noted(await this.management("keys", "create", "--name", name));
  }

  async rotateKey(key: IssuedKey): Promise<IssuedKey> {
    return noted(await this.management("keys", "rotate", key.id, "--yes"));
  }

  async revokeKey(key: IssuedKey): Promise<void> {
    await this.management("keys", "revoke", key.id, "--yes");
  }

  /** Replaces the file as an editor does; owner and mode stay. */
  async configure(secret: string, settings: Settings = {}): Promise<void> {
    const { syncIntervalSecs = 1 } = settings;
    await this.writeConfig(
      `[control_plane]\nurl = "http://127.0.0.1:3000"\naccess_token = "${secret}"\nsync_interval_secs = ${syncIntervalSecs}\n`,
    );
  }

  async writeConfig(content: string): Promise<void> {
    await this.machine.sh(
      `umask 077; cat > ${CONFIG}.new; chown root:novacula ${CONFIG}.new; chmod 0640 ${CONFIG}.new; mv ${CONFIG}.new ${CONFIG}`,
      content,
    );
  }

  /** Asks the agent's socket from outside the container, which costs a hundredth of the command. */
  async status(): Promise<AgentStatus> {
    const socketPath = this.machine.path("/run/novacula/agent.sock");
    const body = await new Promise<string>((resolve, reject) => {
      const outgoing = request({ socketPath, path: "/status", agent: false }, (incoming) =>
        text(incoming).then(resolve, reject),
      );
      outgoing.on("error", reject).end();
    });
    return agentStatusSchema.parse(JSON.parse(body));
  }

  async untilOnline(key: IssuedKey, timeoutMs = WAIT_MS): Promise<void> {
    await this.until(
      (status) => keyIs(status, key.fingerprint),
      "the executor is online on the key",
      timeoutMs,
    );
  }

  async untilState(state: AgentStatus["state"], timeoutMs = WAIT_MS): Promise<AgentStatus> {
    return await this.until((status) => status.state === state, `the state is ${state}`, timeoutMs);
  }

  /**
   * Until the line of `systemctl status` matches. The agent has the state a moment before systemd
   * has the line, which on 252 a helper hands over.
   */
  async untilStatusText(pattern: RegExp, timeoutMs = WAIT_MS): Promise<string> {
    return await eventually(
      async () => {
        const { StatusText: line = "" } = await this.show("StatusText");
        if (pattern.test(line)) {
          return line;
        }
        throw new Error(line);
      },
      { timeoutMs, describe: `STATUS= matches ${pattern}` },
    );
  }

  async until(
    predicate: (status: AgentStatus) => boolean,
    describe: string,
    timeoutMs = WAIT_MS,
  ): Promise<AgentStatus> {
    return await eventually(
      async () => {
        const status = await this.status();
        if (predicate(status)) {
          return status;
        }
        throw new Error(`${status.state}: ${status.reason} ${JSON.stringify(status.pendingChange)}`);
      },
      { timeoutMs, describe },
    );
  }

  /** Properties of the service as `systemctl show` has them. */
  async show<Name extends string>(...names: readonly Name[]): Promise<Readonly<Record<string, string>>> {
    const shown = await this.machine.run(["systemctl", "show", SERVICE, `--property=${names.join(",")}`]);
    return Object.fromEntries(
      shown.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /**
   * Messages of the agent's service in this boot, oldest first. `options` are journalctl(1)'s, such
   * as `-p`, `err`.
   */
  async journal(...options: readonly string[]): Promise<readonly string[]> {
    const said = await this.machine.sh(
      `journalctl --sync; journalctl -b -u ${SERVICE} -o cat --all --no-pager ${options.join(" ")}`,
    );
    return said.split("\n").filter((line) => line !== "" && !line.startsWith("-- "));
  }

  /** Until the journal of the service has it; `options` are journalctl(1)'s. */
  async untilSaid(pattern: RegExp, ...options: readonly string[]): Promise<void> {
    await eventually(
      async () => {
        const said = await this.journal(...options);
        if (!pattern.test(said.join("\n"))) {
          throw new Error(`it said ${said.slice(-10).join("\n")}`);
        }
        return true;
      },
      { timeoutMs: WAIT_MS, describe: `the journal says ${pattern}` },
    );
  }

  /** How many syncs the control plane has refused, according to its log. */
  async refusedSyncs(): Promise<number> {
    const said = await this.machine.sh(
      "journalctl --sync; journalctl -b -u novacula-control-plane -o cat --no-pager",
    );
    return said.split("\n").filter((line) => /^sync\.refused: |"event":"sync\.refused"/u.test(line)).length;
  }

  async executors(): Promise<readonly z.output<typeof executor>[]> {
    return executors.parse(await this.management("executors", "list")).executors;
  }
}

function noted(output: unknown): IssuedKey {
  const { key, secret } = issued.parse(output);
  noteKey(secret);
  return { ...key, secret };
}
