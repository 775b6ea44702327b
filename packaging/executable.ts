import { constants } from "node:fs";
import { chmod, copyFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTROL_PLANE_ASSET } from "./assets.ts";
import { AGENT_BUNDLE, CONTROL_PLANE_BUNDLE, EXECUTABLE } from "./paths.ts";
import { runTool } from "./run-tool.ts";
import { BINARY_NODE_FLAGS } from "./v8-flags.ts";

/** From https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * Makes `EXECUTABLE` from the bundles and the Node that this checkout pins. It strips Node before
 * the bundle goes in, which saves 18 MB. Stripping afterwards leaves a binary that dies with
 * SIGSEGV, so packagers must not do it. The same bundles and Node give the same bytes.
 */
export async function makeExecutable(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "novacula-build-"));
  try {
    const blob = await makeBlob(folder);
    const executable = join(folder, "node");
    await copyFile(nodeBinary(), executable);
    await chmod(executable, 0o755);
    await runTool("strip", ["--strip-all", executable]);
    await runTool(nodeBinary(), [
      createRequire(import.meta.url).resolve("postject/dist/cli.js"),
      ...[executable, "NODE_SEA_BLOB", blob, "--sentinel-fuse", FUSE],
    ]);
    await rm(`${EXECUTABLE}.new`, { force: true });
    await copyFile(executable, `${EXECUTABLE}.new`, constants.COPYFILE_EXCL);
    await chmod(`${EXECUTABLE}.new`, 0o755);
    await rename(`${EXECUTABLE}.new`, EXECUTABLE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeBlob(folder: string): Promise<string> {
  const config = join(folder, "sea-config.json");
  const output = join(folder, "sea.blob");
  const settings = {
    main: AGENT_BUNDLE,
    assets: { [CONTROL_PLANE_ASSET]: CONTROL_PLANE_BUNDLE },
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgv: BINARY_NODE_FLAGS,
    // Ignores NODE_OPTIONS and --node-options, with which the environment could load code.
    execArgvExtension: "none",
  };
  await writeFile(config, JSON.stringify(settings));
  // The code cache saves 50 ms of each start. V8 accepts it only with the flags it was made with.
  // The fixed seed makes it the same in every build.
  await runTool(
    nodeBinary(),
    [...BINARY_NODE_FLAGS, "--random-seed=1", "--experimental-sea-config", config],
    {
      environment: { NODE_OPTIONS: "" },
    },
  );
  return output;
}

/** The Node that package.json pins for this machine's architecture. */
export function nodeBinary(): string {
  return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
}
