import { buildPage, whyBuildPage } from "../../../src/agent/cli/dev/page-build.ts";

/** Vitest's global setup: builds the page from its sources, for the control plane to serve. */
export async function setup(): Promise<void> {
  if (whyBuildPage() !== undefined) {
    await buildPage(process.env["PATH"]);
  }
}
