import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { makeRoots, type Roots } from "./machine-roots.ts";
import { whyNot } from "./requirements.ts";

declare module "vitest" {
  export interface ProvidedContext {
    roots: Roots | undefined;
  }
}

let folder: string | undefined;

/**
 * Builds binary and packages once for the suite, and a root for each Debian with the packages
 * installed.
 */
export async function setup(project: TestProject): Promise<void> {
  const reason = await whyNot();
  if (reason !== undefined) {
    if (process.env["CI"] !== undefined) {
      throw new Error(`CI cannot boot systemd: ${reason}`);
    }
    process.stderr.write(`test/systemd is skipped: ${reason}\n`);
    project.provide("roots", undefined);
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "novacula-layers-"));
  try {
    project.provide("roots", await makeRoots(folder));
  } catch (error) {
    teardown();
    throw error;
  }
}

export function teardown(): void {
  if (folder !== undefined) {
    rmSync(folder, { recursive: true, force: true });
  }
}
