import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../source-files.ts";
import { tempDir } from "../temp-dir.ts";

export interface LaterMigration {
  readonly statements: string;
  readonly oldestProgram: number;
}

const LIST = /(export const MIGRATIONS: readonly Migration\[\] = \[\n[^;]*)\];/u;

/**
 * The control plane of a later release: this one, and more migrations of PostgreSQL. Its folder is
 * removed at the end of the test. Resolves with its `main.ts`.
 */
export function laterRelease(migrations: readonly LaterMigration[]): string {
  const folder = tempDir();
  cpSync(join(ROOT, "src"), join(folder, "src"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, "src/control-plane/store/postgres/migrations/migrations.ts");
  const text = readFileSync(path, "utf8");
  if (!LIST.test(text)) {
    throw new Error(`there is no list of migrations in ${path}`);
  }
  const more = migrations.map((migration) => `${JSON.stringify(migration)},\n`).join("");
  writeFileSync(
    path,
    text.replace(LIST, (_, before: string) => `${before}${more}];`),
  );
  return join(folder, "src/control-plane/main.ts");
}
