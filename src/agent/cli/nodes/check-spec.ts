import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { printable } from "../../../lib/printable.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import { checkNode } from "../../../protocol/chains/check-node.ts";
import { portsOf } from "../../../protocol/chains/ports.ts";
import { unitName } from "../../../protocol/chains/process-kinds.ts";
import { type NodeSpec, nodeConfigShape, nodeName } from "../../../protocol/nodes/node-spec.ts";
import { MAX_FILE_BYTES, readBoundedFile } from "../../config/file/read-file.ts";
import { takenPorts } from "../../reconciler/host/host-facts.ts";
import { HOST_PLACES } from "../../reconciler/host/places.ts";
import { Programs } from "../../reconciler/render/programs.ts";
import { renderNode } from "../../reconciler/render/render-node.ts";
import { readStreamInput } from "../host/stream-input.ts";

/** What a person writes into SPEC.json: a node as `nodes create` of the control plane makes it. */
const specFile = z.object({
  ...nodeConfigShape,
  name: nodeName.default("check"),
  overrides: nodeConfigShape.overrides.default([]),
  limits: nodeConfigShape.limits.default([]),
  ports: nodeConfigShape.ports.default([]),
});

/** Says whether this host could start a node, and with which arguments. Changes nothing. */
export async function checkSpec(path: string, terminal: Terminal): Promise<ExitCode> {
  const spec = await readSpec(path, terminal);
  const issues = checkNode(spec);
  for (const { place, message } of issues) {
    complain(terminal, `${place}: ${message}`);
  }
  if (issues.length > 0) {
    return ExitCode.bad;
  }
  const programs = new Programs();
  await programs.refresh();
  const rendered = renderNode(spec, {
    nodeDir: `${HOST_PLACES.nodesDir}/${spec.name}`,
    dataDir: `${HOST_PLACES.dataDir}/${spec.name}`,
    programOf: (client, version) => programs.programOf(client, version),
    // The real ones are made when the node is started, and are never shown.
    secrets: { rpcPassword: "0".repeat(64), jwt: "0".repeat(64) },
  });
  if (rendered.kind === "binary_missing") {
    const { client, version, looked } = rendered;
    complain(
      terminal,
      `${client} ${version} is not on this host. It was looked for at: ${looked.join(", ")}`,
    );
    return ExitCode.bad;
  }
  for (const { role, argv, files } of rendered.kind === "rendered" ? rendered.processes : []) {
    print(terminal, `${unitName(spec.chain, role, spec.name)} would be started with:`);
    print(terminal, argv.map((argument) => `  ${argument}`).join("\n"));
    for (const { name } of files) {
      print(terminal, `  (and the file ${name})`);
    }
  }
  return await sayPorts(spec, terminal);
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const read = await readBoundedFile(path);
  if (read.kind === "read") {
    return read.bytes;
  }
  throw new CommandError("failed", `${printable(path, 4096)} ${read.problem}. ${remedyText(read.remedy)}`);
}

async function sayPorts(spec: NodeSpec, terminal: Terminal): Promise<ExitCode> {
  const taken = await takenPorts();
  const clashes = portsOf(spec).filter(({ port, protocol }) =>
    ["tcp", "udp"].some((each) => (protocol === "both" || protocol === each) && taken.has(`${each}:${port}`)),
  );
  for (const { role, name, port } of clashes) {
    complain(
      terminal,
      `Port ${port} (${role}.${name}) is in use now. Fix: choose another port for the node.`,
    );
  }
  return clashes.length === 0 ? ExitCode.good : ExitCode.bad;
}

async function readSpec(path: string, terminal: Terminal): Promise<NodeSpec> {
  const bytes = (await readStreamInput(path, MAX_FILE_BYTES, terminal)) ?? (await bytesOf(path));
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new CommandError("failed", `${printable(path, 4096)} is not JSON`);
  }
  const decoded = specFile.safeParse(json);
  if (!decoded.success) {
    const [issue] = decoded.error.issues;
    const place = printable(issue?.path.join(".") || "the file", 80);
    throw new CommandError("failed", `${place}: ${printable(issue?.message ?? "not valid", 120)}`);
  }
  return {
    ...decoded.data,
    id: "check",
    revision: 1,
    desiredState: "running",
    restartGeneration: 0,
    deletion: null,
  };
}
