import { join } from "node:path";
import type { ChainClient, ChainRole } from "../../../protocol/chains/adapters/adapter.ts";
import { adapterOf } from "../../../protocol/chains/catalogue.ts";
import { checkNode } from "../../../protocol/chains/check-node.ts";
import type { NodeIssue } from "../../../protocol/chains/node-issue.ts";
import { portsOf } from "../../../protocol/chains/ports.ts";
import { booleanOf } from "../../../protocol/chains/setting-value.ts";
import type { NodeOverride, NodeSpec } from "../../../protocol/nodes/node-spec.ts";
import type { NodeSecrets } from "./node-secrets.ts";
import { asLine, fillIn } from "./placeholders.ts";
import { CLIENTS_DIR, placesOf } from "./programs.ts";
import { loginLine } from "./rpc-login.ts";

/** What one process of a node is started with. */
export interface RenderedProcess {
  readonly role: string;
  /** The first is the absolute path of the program. Each is one line of printable ASCII. */
  readonly argv: readonly string[];
  /** Files in the node's directory that it reads. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

export type Rendered =
  | { readonly kind: "rendered"; readonly processes: readonly RenderedProcess[] }
  | { readonly kind: "bad_spec"; readonly issues: readonly NodeIssue[] }
  | {
      readonly kind: "binary_missing";
      readonly client: string;
      readonly version: string;
      /** The paths where the program was looked for. */
      readonly looked: readonly string[];
    };

export interface RenderGiven {
  /** `/var/lib/novacula/nodes/NAME`: arguments and files, which the node can only read. */
  readonly nodeDir: string;
  /** `/var/lib/novacula-nodes/NAME`: the node's own. */
  readonly dataDir: string;
  readonly programOf: (client: string, version: string) => string | undefined;
  /** All that `secretsOf` names for the chain. */
  readonly secrets: NodeSecrets;
  /** Only for the message about a missing program. */
  readonly clientsDir?: string;
}

const JWT_FILE = "jwt.hex";

/**
 * The arguments and files of a node's processes, in the order in which they are started. The same
 * spec gives the same text, so a difference means that the node has to be restarted.
 */
export function renderNode(spec: NodeSpec, given: RenderGiven): Rendered {
  const adapter = adapterOf(spec.chain);
  const issues = checkNode(spec);
  if (adapter === undefined || issues.length > 0) {
    return { kind: "bad_spec", issues };
  }
  const processes: RenderedProcess[] = [];
  for (const role of adapter.roles) {
    const { client, version } = chosenClient(role, spec);
    const program = given.programOf(client.client, version);
    if (program === undefined) {
      const looked = placesOf(client.client, version, given.clientsDir ?? CLIENTS_DIR);
      return { kind: "binary_missing", client: client.client, version, looked };
    }
    processes.push(renderProcess(spec, role, client, program, given));
  }
  return { kind: "rendered", processes };
}

/** `checkNode` has found one for each role. */
function chosenClient(role: ChainRole, spec: NodeSpec) {
  const chosen = spec.clients.find((each) => each.role === role.role);
  const client = role.clients.find((each) => each.client === chosen?.client);
  if (chosen === undefined || client === undefined) {
    throw new Error(`no client for the role ${role.role}`);
  }
  return { client, version: chosen.version };
}

function renderProcess(
  spec: NodeSpec,
  role: ChainRole,
  client: ChainClient,
  program: string,
  given: RenderGiven,
): RenderedProcess {
  const values = placeholders(spec, role, client, given);
  const fill = (line: string) => fillIn(line, values);
  const overrides = spec.overrides
    .filter((each) => each.role === role.role)
    .map((each) => ({ key: each.key, ...settingOf(client, each) }));
  const templates = [...client.arguments, ...(client.networkArguments[spec.network] ?? [])];
  const argv = [asLine(program), ...templates.map(fill)];
  const files = templates.some((each) => each.includes("{jwt}"))
    ? [{ name: JWT_FILE, text: `${values.get("jwt-text")}\n` }]
    : [];
  if (client.configFormat === "flags" || client.configFormat === "flags-with-value") {
    const bare = client.configFormat === "flags";
    const flags = overrides.flatMap(({ key, text, isOn }) =>
      isOn === undefined || !bare ? [`--${key}=${isOn ?? text}`] : isOn ? [`--${key}`] : [],
    );
    return { role: role.role, argv: [...argv, ...flags.map(asLine)], files };
  }
  const settings = [
    ...client.settings.map(fill),
    ...overrides.map(({ key, text, isOn }) => `${key}=${isOn === undefined ? text : Number(isOn)}`),
  ];
  const conf = { name: configName(role), text: `${settings.map(asLine).join("\n")}\n` };
  return { role: role.role, argv, files: [conf, ...files] };
}

function settingOf(client: ChainClient, { key, value }: NodeOverride) {
  const known = client.knownSettings.find((each) => each.key === key);
  return { text: value, isOn: known?.type.kind === "boolean" ? booleanOf(value) : undefined };
}

function configName(role: ChainRole): string {
  return `${role.role}.conf`;
}

function placeholders(
  spec: NodeSpec,
  role: ChainRole,
  { configFormat }: ChainClient,
  { nodeDir, dataDir, secrets }: RenderGiven,
): ReadonlyMap<string, string> {
  const ports = portsOf(spec).flatMap(({ role: owner, name, port }) => [
    [`port.${owner}.${name}`, String(port)] as const,
    ...(owner === role.role ? [[`port.${name}`, String(port)] as const] : []),
  ]);
  const { rpcPassword, jwt } = secrets;
  return new Map([
    ["network", spec.network],
    ["data", dataDir],
    ["config", join(nodeDir, configName(role))],
    ...(jwt === undefined ? [] : [["jwt", join(nodeDir, JWT_FILE)] as const, ["jwt-text", jwt] as const]),
    ...(rpcPassword === undefined ? [] : [["login", loginLine(configFormat, rpcPassword)] as const]),
    ...ports,
  ]);
}
