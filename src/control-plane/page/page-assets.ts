import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { errorCode } from "../../lib/errors.ts";
import type { ContentCoding } from "../http/content-coding.ts";

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

/** One form of a file, as it is sent. */
export interface PageVariant {
  readonly body: Buffer;
  readonly etag: string;
}

export interface PageAsset {
  readonly contentType: string;
  readonly plain: PageVariant;
  /** The same in these content codings, if the build made them. */
  readonly coded: Readonly<Partial<Record<ContentCoding, PageVariant>>>;
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
  const assets = assetsOf(new Map(entries.map(([path, text]) => [path, Buffer.from(text, "base64")])));
  return { find: (path) => assets.get(path) };
}

/** Without the compressed files, which belong to the file that they are made from. */
function assetsOf(files: ReadonlyMap<string, Buffer>): ReadonlyMap<string, PageAsset> {
  const own = [...files].filter(
    ([path]) => !files.has(path.replace(/\.(?:br|gz)$/, "")) || !/\.(?:br|gz)$/.test(path),
  );
  return new Map(
    own.map(([path, body]) => {
      const hash = createHash("sha256").update(body).digest("base64url").slice(0, 22);
      const contentType = CONTENT_TYPES[extname(path)] ?? "application/octet-stream";
      const plain = { body, etag: `"${hash}"` };
      const br = files.get(`${path}.br`);
      const gzip = files.get(`${path}.gz`);
      // RFC 9110, 8.8.3.3: each coding has an entity tag of its own.
      const coded = {
        ...(br === undefined ? {} : { br: { body: br, etag: `"${hash}-br"` } }),
        ...(gzip === undefined ? {} : { gzip: { body: gzip, etag: `"${hash}-gzip"` } }),
      };
      return [path, { contentType, plain, coded }];
    }),
  );
}

/** Undefined if the page is not built; the next request looks again. */
function readAssets(directory: string): ReadonlyMap<string, PageAsset> | undefined {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return assetsOf(
      new Map(
        entries.map((entry) => {
          const file = join(entry.parentPath, entry.name);
          return [relative(directory, file).replaceAll(sep, "/"), readFileSync(file)];
        }),
      ),
    );
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
