import { basename } from "node:path";

/** What was put aside was put aside for a reason, often by an advice of these programs. */
const PUT_ASIDE = /~$|\.(?:old|bak|backup|orig|before|save|dpkg-|rpm|ucf-)[^/]*$/u;

export function isPutAside(path: string): boolean {
  return PUT_ASIDE.test(path);
}

/**
 * The names of the other files in the folder of `path`: first those that are called like it, as
 * `cert.pem.new`, last those that were put aside. Sorted, so that each answer is the same.
 */
export function namesBeside(path: string, names: readonly string[]): readonly string[] {
  const [stem = ""] = /^[^.]+/u.exec(basename(path)) ?? [];
  const rank = (name: string) => (isPutAside(name) ? 2 : name.startsWith(stem) ? 0 : 1);
  return names
    .filter((name) => name !== basename(path))
    .sort()
    .sort((a, b) => rank(a) - rank(b));
}
