import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { readPrograms } from "../../../../packaging/command-table.ts";
import { buildDeb } from "../../../../packaging/debian-archive.ts";
import { DEBIAN_PACKAGES } from "../../../../packaging/debian-packages.ts";
import { archiveName } from "../../../../packaging/debian-texts.ts";
import { buildNodesDeb } from "../../../../packaging/nodes-package.ts";
import { CHECKOUT, DIST } from "../../../../packaging/paths.ts";
import { VERSION } from "../../../../src/lib/version.ts";
import { clientlessLayer } from "./clientless-layer.ts";
import { databaseLayer } from "./database-layer.ts";
import { DEBIAN_RELEASES } from "./debian-release.ts";
import { NEWER_VERSION } from "./newer-version.ts";
import { packageLayer } from "./package-layer.ts";
import { rootImage } from "./root-image.ts";

const run = promisify(execFile);

/** Codename of a release → the folders that make up its machine. */
export interface Roots {
  readonly bare: Readonly<Record<string, string>>;
  /** The layer with all packages installed. */
  readonly installed: Readonly<Record<string, string>>;
  /** The layer on top of it: a control plane's database with one organization. */
  readonly prepared: Readonly<Record<string, string>>;
  /** The layer that hides the clients of nodes. */
  readonly withoutClients: string;
  /** `newer` and `newerNodes` are the next versions; the agent's has a changed example file. */
  readonly archives: Readonly<Record<"nodes" | "agent" | "controlPlane" | "newer" | "newerNodes", string>>;
}

const NEWER = { version: NEWER_VERSION, compression: ["-Zzstd", "-z1"] };

/** Builds binary and packages, and writes the layers of all releases below `layers`. */
export async function makeRoots(layers: string): Promise<Roots> {
  const [archives, ...images] = await Promise.all([
    makeArchives(layers),
    ...DEBIAN_RELEASES.map(async (release) => await rootImage(release)),
  ]);
  const bare: Record<string, string> = {};
  const installed: Record<string, string> = {};
  const prepared: Record<string, string> = {};
  const { nodes, agent, controlPlane } = archives;
  await Promise.all(
    DEBIAN_RELEASES.map(async ({ codename }, n) => {
      const root = images[n] ?? "";
      const layer = await packageLayer(join(layers, codename), root, [nodes, agent, controlPlane]);
      bare[codename] = root;
      installed[codename] = layer;
      prepared[codename] = await databaseLayer(join(layers, `${codename}-database`), [layer, root]);
    }),
  );
  return { bare, installed, prepared, withoutClients: await clientlessLayer(layers), archives };
}

async function makeArchives(layers: string): Promise<Roots["archives"]> {
  await buildPackages();
  const nodes = join(DIST, archiveName("novacula-nodes", VERSION, "all"));
  const agent = join(DIST, archiveName("novacula-agent", VERSION));
  const controlPlane = join(DIST, archiveName("novacula-control-plane", VERSION));
  const newerNodes = await buildNodesDeb({ ...NEWER, folder: layers });
  return { nodes, agent, controlPlane, newer: await newerAgent(layers), newerNodes };
}

async function newerAgent(folder: string): Promise<string> {
  const example = join(folder, "agent.toml");
  writeFileSync(example, "# The example of the next version.\n[control_plane]\n");
  const [definition] = DEBIAN_PACKAGES;
  const files = { ...definition.files, "usr/share/novacula-agent/agent.toml": relative(CHECKOUT, example) };
  const program = readPrograms().agent;
  return await buildDeb({ ...definition, files }, { ...NEWER, program, folder });
}

/** NOVACULA_TEST_DIST says that dist/ is up to date. */
async function buildPackages(): Promise<void> {
  if (process.env["NOVACULA_TEST_DIST"] !== undefined && existsSync(DIST)) {
    return;
  }
  await run(process.execPath, ["packaging/build.ts"], { cwd: CHECKOUT });
  await run(process.execPath, ["packaging/deb.ts", "--fast"], { cwd: CHECKOUT });
}
