import * as z from "zod";
import { anvilOf } from "../../../support/chains/client-process.ts";
import { eventually } from "../../../support/eventually.ts";
import type { DebianRelease } from "./debian-release.ts";
import { ExecutorHost, type IssuedKey } from "./executor-host.ts";
import type { Extras } from "./hosts.ts";
import type { CommandResult, Machine } from "./machine.ts";

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

/** The options of a machine on which Anvil is installed. Debian has no package of it. */
export function withAnvil(): Extras {
  const program = anvilOf("1.7.1");
  if (program === undefined) {
    throw new Error("Anvil is not installed: npm has no build of it for this machine");
  }
  return { options: [`--bind-ro=${program}:/usr/lib/novacula/clients/anvil/1.7.1/anvil`] };
}

/** What a unit of a node is doing, as systemd has it. */
interface Unit {
  readonly active: string;
  readonly enabled: string;
  readonly pid: number;
}

/** A host with the real control plane, an agent that is online, and nodes. */
export class ManagedNodes extends ExecutorHost {
  readonly #release: DebianRelease;

  constructor(machine: Machine, release: DebianRelease) {
    super(machine);
    this.#release = release;
  }

  static async ready(
    release: DebianRelease,
    extras: Extras = {},
  ): Promise<{ host: ManagedNodes; key: IssuedKey }> {
    const { host: plain, key } = await ExecutorHost.online(release, { hasClients: true, ...extras });
    const host = new ManagedNodes(plain.machine, release);
    await host.handListens();
    return { host, key };
  }

  async handListens(): Promise<void> {
    const isActive = ["systemctl", "is-active", "novacula-nodes.socket"];
    await eventually(async () => (await this.machine.try(isActive)).exitCode === 0, {
      timeoutMs: 10_000,
      describe: "the hand listens",
    });
  }

  /**
   * Creates a node of this host's executor. `options` are those of `nodes create`. The first sync
   * of an agent may be too early to say that it manages nodes; until it says so, it is refused.
   */
  async createNode(
    name: string,
    chain: string,
    network: string,
    ...options: readonly string[]
  ): Promise<Node> {
    const node = await this.#newNode(name, chain, network);
    return await eventually(async () => await this.answeredNode("create", ...node, ...options), {
      timeoutMs: 15_000,
      describe: `the control plane takes node ${name}`,
    });
  }

  /** Creates one with Debian's litecoind on a chain of its own. */
  async createLitecoin(name: string, ...options: readonly string[]): Promise<Node> {
    const client = `node=litecoind@${this.#release.litecoind}`;
    return await this.createNode(name, "litecoin", "regtest", "--client", client, ...options);
  }

  /** Creates one with Anvil, which starts at once. The machine must have `ANVIL`. */
  async createAnvil(name: string, ...options: readonly string[]): Promise<Node> {
    return await this.createNode(name, "dev-ethereum", "dev", "--client", "node=anvil@1.7.1", ...options);
  }

  /** Mines blocks, which a real client does only on a chain of its own. */
  async mineLitecoin(name: string, blocks: number): Promise<void> {
    await this.#litecoin(name, "generatetodescriptor", String(blocks), "raw(51)#8lvh9jxk");
  }

  async litecoinHeight(name: string): Promise<number> {
    return Number(await this.#litecoin(name, "getblockcount"));
  }

  async #litecoin(name: string, ...command: readonly string[]): Promise<string> {
    const secrets = JSON.parse(
      await this.machine.run(["cat", `/var/lib/novacula/nodes/${name}/secrets.json`]),
    );
    const { rpcPassword } = z.object({ rpcPassword: z.string() }).parse(secrets);
    const cli = ["litecoin-cli", "-regtest", "-datadir=/tmp", "-rpcuser=novacula", "-stdinrpcpass"];
    return await this.machine.run([...cli, ...command], `${rpcPassword}\n`);
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
      // A client at rest is asked once a minute, and its figures travel once a minute.
      240_000,
    );
  }

  /** Runs `nodes create`, which may fail. */
  async tryCreate(
    name: string,
    chain: string,
    network: string,
    ...options: readonly string[]
  ): Promise<CommandResult> {
    const node = await this.#newNode(name, chain, network);
    return await this.machine.try(["novacula-control-plane", "nodes", "create", ...node, ...options]);
  }

  async #newNode(name: string, chain: string, network: string): Promise<readonly string[]> {
    const [executor] = await this.executors();
    const where = ["--executor", executor?.name ?? "", "--name", name];
    return [...where, "--chain", chain, "--network", network];
  }

  /** The process of a node with one process, once it reports this problem. */
  async untilProblem(
    name: string,
    problem: string,
    timeoutMs = 60_000,
  ): Promise<z.output<typeof observedProcess>> {
    const seen = await this.untilNode(
      name,
      `${name} reports ${problem}`,
      ({ observed }) => (observed?.processes ?? []).some((process) => process.problem === problem),
      timeoutMs,
    );
    const [process] = seen.observed?.processes ?? [];
    if (process === undefined) {
      throw new Error("no process is reported");
    }
    return process;
  }

  /** Until the agent's journal has a line with this. */
  async untilInJournal(part: string): Promise<void> {
    await eventually(async () => (await this.journal()).some((line) => line.includes(part)), {
      timeoutMs: 60_000,
      describe: `the journal says ${part}`,
    });
  }

  async untilActive(unit: string): Promise<void> {
    await eventually(async () => (await this.unit(unit)).active === "active", {
      timeoutMs: 60_000,
      describe: `${unit} is active`,
    });
  }

  /** Main processes of units, in their order. */
  async pids(units: readonly string[]): Promise<readonly number[]> {
    return await Promise.all(units.map(async (unit) => (await this.unit(unit)).pid));
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
