import { fileURLToPath } from "node:url";
import { type PageAssets, pageAssetsIn } from "./page-assets.ts";

/**
 * The page as `npm run build:page` leaves it. In a package, packaging/embed-page.ts replaces this
 * module by one that carries the files.
 */
export function builtPage(): PageAssets {
  return pageAssetsIn(fileURLToPath(new URL("../../../dist/page", import.meta.url)));
}
