#!/usr/bin/env node
import { parseArgs } from "node:util";
import { buildImages } from "./image/images.ts";

/**
 * Packs dist/novacula-agent as OCI images of both programs, in dist/. With `--fast` it does not
 * compress them, for tests. The same binary and build machine give the same digests.
 */
const { values } = parseArgs({ options: { fast: { type: "boolean", default: false } } });
for (const { path, digest } of await buildImages({ level: values.fast ? 0 : 6 })) {
  process.stdout.write(`${path} ${digest}\n`);
}
