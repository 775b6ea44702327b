import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { leaveRoots } from "./coming-roots.ts";
import { makeRoots } from "./machine-roots.ts";
import { whyNot } from "./requirements.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder of `comingRoots`. */
    layers: string | undefined;
  }
}

let layers: string | undefined;
let left: Promise<void> | undefined;

/**
 * Begins to build binary and packages once for the suite, and a root for each Debian with the
 * packages installed.
 */
export async function setup(project: TestProject): Promise<void> {
  const reason = await whyNot();
  if (reason !== undefined && process.env["CI"] !== undefined) {
    throw new Error(`CI cannot boot systemd: ${reason}`);
  }
  if (reason === undefined) {
    layers = mkdtempSync(join(tmpdir(), "novacula-layers-"));
    left = leaveRoots(layers, makeRoots(layers));
  } else {
    process.stderr.write(`test/systemd is skipped: ${reason}\n`);
  }
  project.provide("layers", layers);
}

export async function teardown(): Promise<void> {
  await left;
  if (layers !== undefined) {
    rmSync(layers, { recursive: true, force: true });
  }
}
