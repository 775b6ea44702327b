import * as z from "zod";
import { printable } from "../../lib/printable.ts";
import { adapterOf } from "../../protocol/chains/catalogue.ts";
import type { NodeCapabilities } from "../../protocol/nodes/node-exchange.ts";
import type { NodeConfig } from "../../protocol/nodes/node-spec.ts";
import type { ExecutorRecord } from "../store/contract/executors.ts";

const GIB = 2 ** 30;

const resources = z.object({ memoryTotalBytes: z.number(), diskFreeBytes: z.number().nullish() });

/** What a person should know about a configuration that is accepted all the same. Sentences. */
export function warningsOf(
  config: NodeConfig,
  executor: ExecutorRecord,
  isOnline: boolean,
  capabilities: NodeCapabilities | undefined,
): string[] {
  const name = printable(executor.name);
  return [
    ...(isOnline ? [] : [`Executor ${name} is offline. It starts the node once its agent syncs again.`]),
    ...missingPrograms(config, capabilities, name),
    ...tooSmall(config, executor, name),
    ...untested(config),
  ];
}

function missingPrograms(
  { chain, clients }: NodeConfig,
  capabilities: NodeCapabilities | undefined,
  name: string,
): string[] {
  const roles = capabilities?.chains.find((each) => each.chain === chain)?.roles ?? [];
  return clients.flatMap(({ role, client, version }) => {
    const known = roles.find((each) => each.role === role)?.clients.find((each) => each.client === client);
    return known?.installed.includes(version) === true
      ? []
      : [
          `Executor ${name} has no ${client} ${version} yet. Install it there; the node starts once it is found.`,
        ];
  });
}

function tooSmall({ chain, network, limits }: NodeConfig, executor: ExecutorRecord, name: string): string[] {
  const usual = adapterOf(chain)?.networks.find((each) => each.network === network);
  const host = resources.safeParse(JSON.parse(executor.resources)).data;
  if (usual === undefined) {
    return [];
  }
  const limited = limits.filter(({ memoryBytes }) => memoryBytes !== null);
  const limit = limited.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  const memory = Math.min(host?.memoryTotalBytes ?? Infinity, limited.length === 0 ? Infinity : limit);
  const disk = host?.diskFreeBytes ?? Infinity;
  const what = `${chain} ${network}`;
  return [
    ...(memory < usual.memoryBytes
      ? [`${what} should have ${gib(usual.memoryBytes)} of memory, and it has ${gib(memory)}.`]
      : []),
    ...(disk < usual.diskBytes
      ? [`${what} needs about ${gib(usual.diskBytes)} of disk, and executor ${name} has ${gib(disk)} free.`]
      : []),
  ];
}

function untested({ chain, network }: NodeConfig): string[] {
  const adapter = adapterOf(chain);
  const isLocal = adapter?.networks.find((each) => each.network === network)?.isLocal === true;
  const note = isLocal ? null : adapter?.untested;
  return typeof note === "string" ? [`Not tested with ${chain}: ${note}.`] : [];
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(bytes < 10 * GIB ? 1 : 0)} GiB`;
}
