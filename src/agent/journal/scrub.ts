import { withoutSecrets } from "../../lib/log/secret-guard.ts";
import { withoutKeys } from "../../protocol/key-shape.ts";

/**
 * The last guard: no code writes a key here, but if one ever does, or a server makes it, the key
 * does not get out.
 */
export function scrub(text: string): string {
  return withoutKeys(withoutSecrets(text));
}
