import type {
  ChainAdapter,
  ChainClient,
  ChainPort,
  ChainRole,
} from "../src/protocol/chains/adapters/adapter.ts";
import { GIB } from "../src/protocol/chains/adapters/sizes.ts";
import { CATALOGUE } from "../src/protocol/chains/catalogue.ts";
import { whatItAccepts } from "../src/protocol/chains/setting-value.ts";
import { markdownTable } from "./markdown-table.ts";

/** The part of docs/chains.md that is generated: a section for each chain of the catalogue. */
export function chainSections(): string {
  return CATALOGUE.map(chainSection).join("\n\n");
}

function chainSection(adapter: ChainAdapter): string {
  const { chain, title, untested, networks, roles } = adapter;
  const clients = roles.flatMap((role) => role.clients.map((client) => ({ role, client })));
  return [
    `## ${title} (\`${chain}\`)`,
    untested === null ? "Tested with the real client." : `Not tested with real clients: ${untested}.`,
    markdownTable(
      ["network", "name", "memory", "disk", "listens"],
      networks.map(({ network, title: name, memoryBytes, diskBytes, isLocal }) => [
        code(network),
        name,
        gib(memoryBytes),
        gib(diskBytes),
        isLocal ? "on loopback only" : "for peers on every address, for RPC on loopback",
      ]),
    ),
    markdownTable(
      ["service", "client", "versions", "stop", "port", "default"],
      roles.flatMap((role) => role.clients.flatMap((client) => portRows(adapter, role, client))),
    ),
    ...clients.map(({ role, client }) => settingsOf(adapter, role, client)),
  ].join("\n\n");
}

function portRows({ chain }: ChainAdapter, role: ChainRole, client: ChainClient): string[][] {
  const versions = client.versions.map(({ version, systemProgram }) =>
    systemProgram === null ? version : `${version} (or ${code(systemProgram)})`,
  );
  const stop = `${role.killSignal}, at most ${role.stopTimeoutSecs} s`;
  return role.ports.map((port, index) => [
    ...(index === 0
      ? [code(`${chain}-${role.role}`), code(client.client), versions.join(", "), stop]
      : ["", "", "", ""]),
    `${code(`${role.role}.${port.name}`)}, ${port.protocol === "both" ? "tcp and udp" : port.protocol}`,
    portDefaults(port),
  ]);
}

function portDefaults({ port, byNetwork }: ChainPort): string {
  const others = Object.entries(byNetwork).map(([network, own]) => `${network} ${own ?? "none"}`);
  return [String(port), ...others].join(", ");
}

function settingsOf({ chain }: ChainAdapter, { role }: ChainRole, client: ChainClient): string {
  return [
    `### Settings of ${client.client}`,
    `For the role \`${role}\` of \`${chain}\`.`,
    markdownTable(
      ["setting", "accepts", "what it is"],
      client.knownSettings.map((known) => [code(known.key), whatItAccepts(known), known.about]),
    ),
    ...client.relations.map(({ key, kind, other }) =>
      kind === "needs"
        ? `${code(key)} needs ${code(other)}.`
        : `${code(key)} and ${code(other)} cannot be on together.`,
    ),
    `Novacula decides, so an override is refused by name: ${client.managedSettings.map(code).join(", ")}.`,
  ].join("\n\n");
}

function gib(bytes: number): string {
  return `${bytes / GIB} GiB`;
}

function code(text: string): string {
  return `\`${text}\``;
}
