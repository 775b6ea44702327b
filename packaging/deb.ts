#!/usr/bin/env node
import { parseArgs } from "node:util";
import { VERSION } from "../src/lib/version.ts";
import { readPrograms } from "./command-table.ts";
import { buildDeb } from "./debian-archive.ts";
import { DEBIAN_PACKAGES } from "./debian-packages.ts";
import { buildNodesDeb } from "./nodes-package.ts";

/**
 * Packs dist/novacula-agent and what nodes need into Debian packages, in dist/. With `--fast` it packs them for tests:
 * in a second, and twice as large. The same sources give the same bytes.
 */
const { values } = parseArgs({ options: { fast: { type: "boolean", default: false } } });
const programs = readPrograms();
const options = { version: VERSION, compression: values.fast ? ["-Zzstd", "-z3"] : ["-Zxz", "-z6"] };
process.stdout.write(`${await buildNodesDeb(options)}\n`);
for (const definition of DEBIAN_PACKAGES) {
  const program = programs[definition.program];
  process.stdout.write(`${await buildDeb(definition, { ...options, program })}\n`);
}
