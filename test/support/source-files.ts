import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

/** The place of a file in src. */
export interface Place {
  /** Undefined in lib and protocol, which all programs share. */
  readonly program: "agent" | "control-plane" | "page" | undefined;
  /**
   * Relative to the program's folder (`sync/answer`), or to src for shared code (`lib/log`). For a
   * file at the top of a program it is the file's name.
   */
  readonly folder: string;
}

export interface SourceFile extends Place {
  /** Relative to the project's root: `src/agent/sync/cadence.ts`. */
  readonly path: string;
  readonly text: string;
  /** Project files it imports, from the root. */
  readonly imports: readonly string[];
  /** Packages and node: modules it imports. */
  readonly packages: readonly string[];
}

export const ROOT = join(import.meta.dirname, "../..");

export function sourceFiles(): SourceFile[] {
  return allFiles()
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map(read);
}

/** Every file under src, relative to the project's root. */
export function allFiles(): string[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort((a, b) => a.localeCompare(b));
}

/** @param path relative to the project's root */
export function placeOf(path: string): Place {
  const [, program = "", ...rest] = path.split("/");
  const folder = rest.slice(0, -1).join("/");
  if (program !== "agent" && program !== "control-plane" && program !== "page") {
    return { program: undefined, folder: [program, folder].filter(Boolean).join("/") };
  }
  return { program, folder: folder || (rest[0] ?? "") };
}

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import\(|^import)\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
  return {
    ...placeOf(path),
    path,
    text,
    imports: specifiers
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => normalize(join(dirname(path), specifier))),
    packages: specifiers.filter((specifier) => !specifier.startsWith(".")),
  };
}
