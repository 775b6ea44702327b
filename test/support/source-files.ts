import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export interface SourceFile {
  /** From the project's root: `src/sync/cadence.ts`. */
  readonly path: string;
  readonly text: string;
  /** The folder directly under src, or `.` for src/main.ts. */
  readonly folder: string;
  /** Project files it imports, from the root. */
  readonly imports: readonly string[];
  /** Packages and node: modules it imports. */
  readonly packages: readonly string[];
}

export const ROOT = join(import.meta.dirname, "../..");

export function sourceFiles(): SourceFile[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"))
    .map((name) => read(join("src", name)))
    .sort((a, b) => a.path.localeCompare(b.path));
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import\(|^import)\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
  const parts = relative("src", path).split("/");
  return {
    path,
    text,
    folder: parts.length === 1 ? "." : (parts[0] ?? "."),
    imports: specifiers
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => normalize(join(dirname(path), specifier))),
    packages: specifiers.filter((specifier) => !specifier.startsWith(".")),
  };
}
