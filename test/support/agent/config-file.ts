import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noteKey } from "../canary.ts";

const ALPHABET = "QZXJVKqzxjvk";

/** 64 letters without a run of three that occurs in English, so that a leak of any part shows. */
export function rareLetters(): string {
  const letters = Array.from(randomBytes(64), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  noteKey(`exc_${letters}`);
  return letters;
}

/** The runs of three letters of `secret` that occur in `text`: none if nothing leaked. */
export function leaked(secret: string, text: string): readonly string[] {
  const windows = Array.from({ length: secret.length - 2 }, (_, index) => secret.slice(index, index + 3));
  return windows.filter((window) => text.includes(window));
}

/** A directory with mode 0700 that is removed at the end of the scope. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "novacula-config-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function writeConfig(
  directory: string,
  text: string | Uint8Array,
  mode = 0o640,
): Promise<string> {
  const path = join(directory, "agent.toml");
  await writeFile(path, text, { mode });
  return path;
}

/** The smallest valid configuration, with `lines` in `[control_plane]`. */
export function minimal(...lines: readonly string[]): string {
  return `[control_plane]\nurl = "https://cp.example.com"\n${lines.join("\n")}\n`;
}
