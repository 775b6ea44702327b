import { fileURLToPath } from "node:url";
import { type PageAssets, pageAssetsIn } from "./page-assets.ts";

/** The page as `npm run build:page` leaves it; packaging/embed-page.ts puts one that carries its files in this place. */
export function builtPage(): PageAssets {
  return pageAssetsIn(fileURLToPath(new URL("../../../dist/page", import.meta.url)));
}
