#!/usr/bin/env node
import { mkdir, stat } from "node:fs/promises";
import { bundlePrograms } from "./bundle.ts";
import { makeExecutable } from "./executable.ts";
import { AGENT_BUNDLE, CONTROL_PLANE_BUNDLE, DIST, EXECUTABLE } from "./paths.ts";

/** Makes dist/novacula-agent, the single binary of both programs. */
await mkdir(DIST, { recursive: true });
await bundlePrograms();
await makeExecutable();
for (const path of [AGENT_BUNDLE, CONTROL_PLANE_BUNDLE, EXECUTABLE]) {
  const { size } = await stat(path);
  process.stdout.write(`${path}: ${(size / 1e6).toFixed(1)} MB\n`);
}
