import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXTS: ReadonlySet<string> = new Set([".html", ".js", ".css", ".svg"]);

/**
 * Writes each text below `directory` in brotli and in gzip, too, as `index.html.br` and
 * `index.html.gz`: the control plane sends them as they are.
 */
export function precompress(directory: string): void {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && TEXTS.has(extname(entry.name)),
  );
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    const text = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params }));
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  }
}
