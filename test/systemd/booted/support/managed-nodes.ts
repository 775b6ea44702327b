import * as z from "zod";
import { eventually } from "../../../support/eventually.ts";
import type { DebianRelease } from "./debian-release.ts";
import { ExecutorHost, type IssuedKey } from "./executor-host.ts";
import type { Extras } from "./hosts.ts";
import type { Machine } from "./machine.ts";

const observedProcess = z.object({
  role: z.string(),
  status: z.string(),
  problem: z.string().nullable(),
  reason: z.string().nullable(),
  restarts: z.number(),
  height: z.number().nullable(),
});
const node = z.object({
  id: z.string(),
  name: z.string(),
  phase: z.string(),
  isDrifted: z.boolean(),
  revision: z.number(),
  desiredState: z.string(),
  reason: z.string().nullable(),
  observed: z.object({ revision: z.number().nullable(), processes: z.array(observedProcess) }).nullable(),
});
type Node = z.output<typeof node>;

const SPEC_FIELDS = [
  "id",
  "name",
  "revision",
  "chain",
  "network",
  "nodeType",
  "clients",
  "overrides",
  "limits",
  "ports",
  "desiredState",
  "restartGeneration",
  "deletion",
] as const;

/** What a unit of a node is doing, as systemd has it. */
interface Unit {
  readonly active: string;
  readonly enabled: string;
  readonly pid: number;
}

/** A host with the real control plane, an agent that is online, and nodes. */
export class ManagedNodes extends ExecutorHost {
  readonly #release: DebianRelease;

  private constructor(machine: Machine, release: DebianRelease) {
    super(machine);
    this.#release = release;
  }

  static async ready(
    release: DebianRelease,
    extras: Extras = {},
  ): Promise<{ host: ManagedNodes; key: IssuedKey }> {
    const { host: plain, key } = await ExecutorHost.online(release, extras);
    const host = new ManagedNodes(plain.machine, release);
    await eventually(
      async () =>
        (await host.machine.try(["systemctl", "is-active", "novacula-nodes.socket"])).exitCode === 0,
      {
        timeoutMs: 10_000,
        describe: "the hand listens",
      },
    );
    return { host, key };
  }

  /** Creates a node of this host's executor. `options` are those of `nodes create`. */
  async createNode(
    name: string,
    chain: string,
    network: string,
    ...options: readonly string[]
  ): Promise<Node> {
    const [executor] = await this.executors();
    return this.answeredNode(
      "create",
      "--executor",
      executor?.name ?? "",
      "--name",
      name,
      "--chain",
      chain,
      "--network",
      network,
      ...options,
    );
  }

  /** Creates one with Debian's litecoind on a chain of its own. */
  async createLitecoin(name: string, ...options: readonly string[]): Promise<Node> {
    const client = `node=litecoind@${this.#release.litecoind}`;
    return await this.createNode(name, "litecoin", "regtest", "--client", client, ...options);
  }

  /** Mines blocks, which a real client does only on a chain of its own. */
  async mineLitecoin(name: string, blocks: number): Promise<void> {
    const secrets = JSON.parse(
      await this.machine.run(["cat", `/var/lib/novacula/nodes/${name}/secrets.json`]),
    );
    const { rpcPassword } = z.object({ rpcPassword: z.string() }).parse(secrets);
    const cli = ["litecoin-cli", "-regtest", "-datadir=/tmp", "-rpcuser=novacula", "-stdinrpcpass"];
    const mine = ["generatetodescriptor", String(blocks), "raw(51)#8lvh9jxk"];
    await this.machine.run([...cli, ...mine], `${rpcPassword}\n`);
  }

  async nodes(): Promise<readonly Node[]> {
    return z.object({ nodes: z.array(node) }).parse(await this.management("nodes", "list")).nodes;
  }

  /** What a reply to a sync and a spec of this node are made of. */
  async replyParts(name: string): Promise<{ reply: object; spec: { readonly revision: number } }> {
    const [executor] = z
      .object({ executors: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(await this.management("executors", "list")).executors;
    const organization = z
      .object({ organizations: z.array(z.object({ id: z.string(), name: z.string(), slug: z.string() })) })
      .parse(await this.management("org", "list")).organizations[0];
    const { node: shown } = z
      .object({ node: z.looseObject({ revision: z.number() }) })
      .parse(await this.management("nodes", "show", name));
    const spec = Object.fromEntries(SPEC_FIELDS.map((field) => [field, shown[field] ?? null]));
    const reply = {
      executor,
      organization,
      key: { id: "key", name: "key", expiresAt: null, revokesAt: null },
      heartbeatTimeoutMs: 30_000,
      compatibility: { verdict: "supported" },
      duplicates: [],
    };
    return { reply, spec: { ...spec, revision: shown.revision } };
  }

  /** Runs `nodes VERB …`, which answers with the node. */
  async answeredNode(...args: readonly string[]): Promise<Node> {
    return z.object({ node }).parse(await this.management("nodes", ...args)).node;
  }

  async untilNode(
    name: string,
    describe: string,
    predicate: (seen: Node) => boolean,
    timeoutMs = 60_000,
  ): Promise<Node> {
    return await eventually(
      async () => {
        const seen = await this.answeredNode("show", name);
        if (predicate(seen)) {
          return seen;
        }
        throw new Error(JSON.stringify(seen));
      },
      { timeoutMs, describe },
    );
  }

  /** Running at the newest revision. */
  async untilRunning(name: string): Promise<Node> {
    return await this.untilNode(
      name,
      `${name} is running`,
      (seen) => seen.phase === "running" && !seen.isDrifted,
    );
  }

  async untilHeight(name: string, height: number): Promise<Node> {
    return await this.untilNode(
      name,
      `${name} reports height ${height}`,
      (seen) => (seen.observed?.processes ?? []).some((one) => one.height === height),
      150_000,
    );
  }

  async unit(unit: string): Promise<Unit> {
    const shown = await this.machine.run([
      "systemctl",
      "show",
      unit,
      "--property=ActiveState,UnitFileState,MainPID",
    ]);
    const of = (name: string) => new RegExp(`^${name}=(.*)$`, "mu").exec(shown)?.[1] ?? "";
    return { active: of("ActiveState"), enabled: of("UnitFileState"), pid: Number(of("MainPID")) };
  }
}
