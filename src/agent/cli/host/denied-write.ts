import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { type Denial, limitOfRoot } from "../../../lib/files/limit-of-root.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot, shellWord } from "../../../lib/shell-word.ts";

/**
 * Why this user may not change `path`, if modes and owners are not the reason. Undefined if the
 * user is simply not permitted.
 */
export async function denialOf(path: string): Promise<Denial | undefined> {
  const isRoot = process.geteuid?.() === 0;
  return (await lockOf(path)) ?? (isRoot ? limitOfRoot(dirname(path)) : undefined);
}

/** The flag of the file or of its folder that forbids even its owner to change it. */
export async function lockOf(path: string): Promise<Denial | undefined> {
  const real = await realpath(path).catch(() => path);
  for (const place of [real, dirname(real)]) {
    const flag = await lockingFlag(place);
    if (flag !== undefined) {
      const what = place === real ? "it" : `its folder ${printable(place, 4096)}`;
      const word = flag === "i" ? "immutable" : "append-only";
      return {
        why: `${what} is ${word} (chattr +${flag}), for root too`,
        fix: asRoot(`chattr -${flag} ${shellWord(place)}`),
      };
    }
  }
  return undefined;
}

/** The flag of chattr(1) that forbids a write; undefined without one, and without lsattr(1). */
async function lockingFlag(path: string): Promise<"i" | "a" | undefined> {
  const found = await promisify(execFile)("lsattr", ["-d", "--", path], { timeout: 5000 }).catch(
    () => undefined,
  );
  const flags = /^[-A-Za-z]+(?= )/u.exec(found?.stdout ?? "")?.[0] ?? "";
  return flags.includes("i") ? "i" : flags.includes("a") ? "a" : undefined;
}
