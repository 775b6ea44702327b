import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { checkReport } from "../src/agent/cli/key/check-report.ts";
import { nodeStatusSchema, nodesStatusSchema } from "../src/agent/daemon/status/nodes-status.ts";
import { agentStatusSchema } from "../src/agent/daemon/status/status.ts";
import { examinationSchema } from "../src/agent/doctor/examination.ts";
import { OUTPUTS } from "../src/control-plane/cli/management/outputs.ts";
import { errorOutput } from "../src/lib/command-line/command-error.ts";
import { inCheckout } from "./paths.ts";
import { runTool } from "./run-tool.ts";

const FOLDER = "docs/schemas";

/** The published JSON schema of every output with `--json`: path in the checkout → schema. */
export function jsonSchemas(): Readonly<Record<string, unknown>> {
  const outputs: Readonly<Record<string, z.ZodType>> = {
    error: errorOutput,
    "novacula-agent/status": agentStatusSchema,
    "novacula-agent/nodes": nodesStatusSchema,
    "novacula-agent/nodes-list": nodesStatusSchema,
    "novacula-agent/nodes-show": nodeStatusSchema,
    "novacula-agent/check": checkReport,
    "novacula-agent/doctor": examinationSchema,
    ...Object.fromEntries(
      Object.entries(OUTPUTS).map(([command, output]) => [
        `novacula-control-plane/${command.replaceAll(" ", "-")}`,
        output,
      ]),
    ),
  };
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [
      `${FOLDER}/${name}.schema.json`,
      z.toJSONSchema(output, { io: "output" }),
    ]),
  );
}

if (import.meta.main) {
  const schemas = Object.entries(jsonSchemas()).map(([path, schema]) => [inCheckout(path), schema] as const);
  for (const [path, schema] of schemas) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(schema, undefined, 2));
  }
  await runTool(inCheckout("node_modules/.bin/biome"), ["format", "--write", inCheckout(FOLDER)]);
}
