import { randomUUID } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { keyFingerprint } from "../../src/protocol/fingerprint.ts";

/**
 * The canary looks for leaked keys. It collects every key that the tests make, and every output and
 * file of the programs. At the end of the run it searches the latter for the former
 * (canary-setup.ts). Tests run in several processes, so an environment variable names its folder;
 * without it nothing is collected.
 */
export const CANARY_FOLDER = "NOVACULA_TEST_CANARY";

const KEYS = "keys";
const KEPT = "kept";

export function noteKey(secret: string): void {
  const folder = process.env[CANARY_FOLDER];
  if (folder !== undefined) {
    appendFileSync(join(folder, KEYS), `${secret}\n`, { mode: 0o600 });
  }
}

/** Keeps the output of a program. */
export function keepText(name: string, text: string): void {
  const folder = process.env[CANARY_FOLDER];
  if (folder !== undefined) {
    writeFileSync(join(folder, `${KEPT}-${randomUUID()}-${name}`), text);
  }
}

/** Keeps a file, or all files of a directory: state, databases, leftovers of a crash. */
export function keepFiles(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) {
    for (const name of readdirSync(path)) {
      keepFiles(join(path, name));
    }
  } else if (stats?.isFile() === true) {
    keepText(basename(path), readFileSync(path, "latin1"));
  }
}

export interface Leak {
  readonly where: string;
  /** The key's fingerprint, because the report must not show the key. */
  readonly fingerprint: string;
}

/** A piece of a key of this length counts as a leak, although nobody can guess the rest. */
const PIECE_LENGTH = 12;

/** The keys of `secrets` of which `text` contains a piece, plain or in base64. */
export function leaksIn(text: string, secrets: readonly string[]): readonly string[] {
  return findPieces(text, piecesOf(secrets));
}

/**
 * Searches everything that was kept. Between two files the process hears of others: vitest gives its
 * last worker 10 s to end while this searches.
 */
export async function searchFolder(
  folder: string,
): Promise<{ readonly leaks: readonly Leak[]; readonly searched: number }> {
  const names = readdirSync(folder);
  const secrets = names.includes(KEYS) ? readFileSync(join(folder, KEYS), "utf8").split("\n") : [];
  const pieces = piecesOf(secrets.filter((secret) => secret !== ""));
  const kept = names.filter((name) => name.startsWith(KEPT));
  const leaks: Leak[] = [];
  for (const name of kept) {
    const found = findPieces(await readFile(join(folder, name), "latin1"), pieces);
    leaks.push(...found.map((fingerprint) => ({ where: name.slice(KEPT.length + 38), fingerprint })));
  }
  return { leaks, searched: kept.length };
}

interface Pieces {
  /** Piece → fingerprint of its key. */
  readonly fingerprints: ReadonlyMap<string, string>;
  /** 1 if a piece begins like this (`followed`). To look here first is ten times as fast. */
  readonly beginnings: Uint8Array;
}

/** Characters. */
const BEGINNING = 4;

/** Consecutive pieces. A text that holds twice their length of a key contains a whole one. */
function piecesOf(secrets: readonly string[]): Pieces {
  const fingerprints = new Map<string, string>();
  const beginnings = new Uint8Array(2 ** (6 * BEGINNING));
  for (const secret of secrets) {
    const forms = [secret.replace(/^exc_/, ""), ...base64Forms(secret)];
    for (const form of forms) {
      for (let at = 0; at + PIECE_LENGTH <= form.length; at += PIECE_LENGTH) {
        const piece = form.slice(at, at + PIECE_LENGTH);
        fingerprints.set(piece, keyFingerprint(secret));
        beginnings[beginningOf(piece)] = 1;
      }
    }
  }
  return { fingerprints, beginnings };
}

/**
 * Base64 of the key at each of the three offsets in a group, without the ends, which depend on the
 * neighbours.
 */
function base64Forms(secret: string): readonly string[] {
  return ["", "x", "xx"].map((before) =>
    Buffer.from(before + secret)
      .toString("base64")
      .slice(4, -4),
  );
}

function findPieces(text: string, { fingerprints, beginnings }: Pieces): readonly string[] {
  const found = new Set<string>();
  for (const { 0: run } of text.matchAll(/[A-Za-z0-9+/_-]{16,}/g)) {
    let last = 0;
    for (let at = 0; at < run.length; at += 1) {
      last = followed(last, run.charCodeAt(at));
      const from = at + 1 - BEGINNING;
      const fingerprint =
        beginnings[last] === 1 ? fingerprints.get(run.slice(from, from + PIECE_LENGTH)) : undefined;
      if (fingerprint !== undefined) {
        found.add(fingerprint);
      }
    }
  }
  return [...found];
}

function beginningOf(piece: string): number {
  let last = 0;
  for (let at = 0; at < BEGINNING; at += 1) {
    last = followed(last, piece.charCodeAt(at));
  }
  return last;
}

/** Six bits of each of the last four characters, with the next one. */
function followed(last: number, code: number): number {
  return ((last << 6) | (code & 63)) & (2 ** (6 * BEGINNING) - 1);
}
