import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { errorCode } from "../../lib/errors.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

export interface PageAsset {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** The files of the built page. */
export interface PageAssets {
  /**
   * By path below /, such as index.html or assets/index-1a2b3c4d.js; undefined if there is none.
   */
  find(path: string): PageAsset | undefined;
}

/**
 * The page in a folder, read into memory at its first use: a few files, some ten kilobytes each.
 */
export function pageAssetsIn(directory: string): PageAssets {
  let assets: ReadonlyMap<string, PageAsset> | undefined;
  return {
    find(path) {
      assets ??= readAssets(directory);
      return assets?.get(path);
    },
  };
}

/** The page inside the program; `files` maps paths to base64. */
export function embeddedPage(files: Readonly<Record<string, string>>): PageAssets {
  const entries = Object.entries(files);
  const assets = new Map(entries.map(([path, text]) => [path, pageAsset(path, Buffer.from(text, "base64"))]));
  return { find: (path) => assets.get(path) };
}

function pageAsset(path: string, body: Buffer): PageAsset {
  const contentType = CONTENT_TYPES[extname(path)] ?? "application/octet-stream";
  return {
    body,
    contentType,
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
  };
}

/** Undefined if the page is not built; the next request looks again. */
function readAssets(directory: string): ReadonlyMap<string, PageAsset> | undefined {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return new Map(
      entries.map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const path = relative(directory, file).replaceAll(sep, "/");
        return [path, pageAsset(path, readFileSync(file))];
      }),
    );
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
