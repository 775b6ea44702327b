import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VERSION } from "../../src/lib/version.ts";
import { architecture } from "../debian-texts.ts";
import { CHECKOUT, DIST, EXECUTABLE } from "../paths.ts";
import { runTool } from "../run-tool.ts";
import { sourceDate } from "../source-date.ts";
import { IMAGE_USER, makeLayer } from "./layer.ts";
import { digestOf, type ImageConfig, packLayer, writeOciArchive } from "./oci-archive.ts";

export interface Image {
  readonly path: string;
  /** Of the manifest: what a registry will call it. */
  readonly digest: string;
}

export interface ImageOptions {
  /** 0 to 9; 0 does not compress. */
  readonly level: number;
  /** Where the archives go; dist/ unless given. */
  readonly folder?: string;
}

const PROGRAMS = [
  {
    name: "novacula-agent",
    title: "Novacula agent",
    command: ["run", "--wait"],
    environment: [],
  },
  {
    name: "novacula-control-plane",
    title: "Novacula control plane",
    command: ["serve"],
    // Inside a container, 127.0.0.1 can be reached by nobody else.
    environment: ["HOST=0.0.0.0"],
  },
] as const;

/**
 * Packs dist/novacula-agent as the images of both programs, with the list of what is in them
 * (SPDX). The two differ only in their configuration: a registry and a host keep one copy.
 */
export async function buildImages({ level, folder = DIST }: ImageOptions): Promise<readonly Image[]> {
  const builtAt = await sourceDate();
  const executable = digestOf(await readFile(EXECUTABLE)).replace("sha256:", "");
  const { bytes, sbom } = await makeLayer(executable, builtAt);
  const layer = packLayer(bytes, level);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `novacula-agent_${VERSION}_${architecture()}.spdx.json`), sbom);
  const images: Image[] = [];
  for (const program of PROGRAMS) {
    const { name } = program;
    const path = join(folder, `${name}_${VERSION}_${architecture()}.oci.tar`);
    const config = await configOf(program, builtAt);
    const digest = await writeOciArchive(path, { name, tag: VERSION, config, layer, builtAt });
    images.push({ path, digest });
  }
  return images;
}

async function configOf(program: (typeof PROGRAMS)[number], builtAt: Date): Promise<ImageConfig> {
  const { name, title, command, environment } = program;
  const revision = await runTool("git", ["rev-parse", "HEAD"], { cwd: CHECKOUT }).catch(() => "");
  const labels = {
    title,
    version: VERSION,
    licenses: "MIT",
    created: builtAt.toISOString(),
    ...(revision !== "" && { revision: revision.trim() }),
  };
  return {
    User: `${IMAGE_USER}:${IMAGE_USER}`,
    Entrypoint: [`/usr/bin/${name}`],
    Cmd: command,
    Env: ["PATH=/usr/bin", ...environment],
    WorkingDir: "/",
    Labels: Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [`org.opencontainers.image.${label}`, value]),
    ),
  };
}
