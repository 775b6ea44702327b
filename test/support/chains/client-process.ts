import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { probeProcess } from "../../../src/agent/reconciler/probe/probe.ts";
import type { AnsweredReading, ProbeReading } from "../../../src/agent/reconciler/probe/probe-reading.ts";
import { type NodeSecrets, nodeSecrets } from "../../../src/agent/reconciler/render/node-secrets.ts";
import { type RenderedProcess, renderNode } from "../../../src/agent/reconciler/render/render-node.ts";
import { adapterOf } from "../../../src/protocol/chains/catalogue.ts";
import { portsOf } from "../../../src/protocol/chains/ports.ts";
import type { NodeSpec } from "../../../src/protocol/nodes/node-spec.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { tempDir } from "../temp-dir.ts";

/** A node with ports that are free, in folders of the current test. */
export interface NodeOnTrial {
  readonly spec: NodeSpec;
  readonly secrets: NodeSecrets;
  readonly processes: readonly RenderedProcess[];
  readonly portOf: (role: string, name: string) => number;
  /** Starts a process from its rendered arguments, and nothing else. */
  start(role: string): ClientProcess;
}

export interface ClientProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  probe(secrets?: NodeSecrets): Promise<ProbeReading>;
  /** The first answer, or the first that `match` accepts. */
  answers(match?: (reading: AnsweredReading) => boolean): Promise<AnsweredReading>;
  /** Stops it with its chain's signal; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const SLOW_MS = 60_000;

/** `programOf` says where the clients are on this machine. */
export async function nodeOnTrial(
  given: NodeSpec,
  programOf: (client: string, version: string) => string | undefined,
): Promise<NodeOnTrial> {
  const ports: NodeSpec["ports"] = [];
  for (const { role, name } of portsOf(given)) {
    const chosen = given.ports.find((each) => each.role === role && each.name === name);
    ports.push(chosen ?? { role, name, port: await freePort() });
  }
  const spec = { ...given, ports };
  const nodeDir = tempDir();
  const dataDir = join(tempDir(), "data");
  mkdirSync(dataDir, { mode: 0o700 });
  const secrets = await nodeSecrets(nodeDir, spec.chain);
  const rendered = renderNode(spec, { nodeDir, dataDir, programOf, secrets });
  if (rendered.kind !== "rendered") {
    throw new Error(JSON.stringify(rendered));
  }
  for (const { name, text } of rendered.processes.flatMap(({ files }) => files)) {
    writeFileSync(join(nodeDir, name), text);
  }
  return {
    spec,
    secrets,
    processes: rendered.processes,
    portOf: (role, name) => ports.find((each) => each.role === role && each.name === name)?.port ?? 0,
    start: (role) => startClient(spec, role, secrets, rendered.processes, dataDir),
  };
}

function startClient(
  spec: NodeSpec,
  role: string,
  secrets: NodeSecrets,
  processes: readonly RenderedProcess[],
  dataDir: string,
): ClientProcess {
  const [program = "", ...args] = processes.find((each) => each.role === role)?.argv ?? [];
  const child = spawn(program, args, {
    cwd: dataDir,
    env: { HOME: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-20_000);
    });
  }
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const probe = (with_ = secrets) => probeProcess(spec, role, with_, new AbortController().signal);
  return {
    child,
    output: () => output,
    probe,
    answers: (match = () => true) =>
      eventually(
        async () => {
          const reading = await probe();
          if (reading.kind === "silent") {
            throw new Error(`${reading.why}; ${child.exitCode ?? "it runs"}: ${output.slice(-2000)}`);
          }
          return match(reading) && reading;
        },
        { timeoutMs: SLOW_MS, describe: `${spec.chain} ${role} answers as expected` },
      ),
    async stop() {
      child.kill(adapterOf(spec.chain)?.roles.find((each) => each.role === role)?.killSignal);
      await ended;
      return child.exitCode;
    },
  };
}

/** The path of Anvil in the npm package of that version; undefined on other processors. */
export function anvilOf(version: string): string | undefined {
  const path = join(import.meta.dirname, `../../../node_modules/anvil-${version}/bin/anvil`);
  return existsSync(path) ? path : undefined;
}
