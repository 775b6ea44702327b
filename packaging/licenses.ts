import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { nodeBinary } from "./executable.ts";
import { CHECKOUT } from "./paths.ts";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      integrity: z.string().optional(),
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/** Needed only to build the page, which then contains it. */
const IN_PAGE: ReadonlySet<string> = new Set(["node_modules/preact"]);

/** The licence of this project. */
export async function ownLicense(): Promise<string> {
  return await licenseOf(CHECKOUT);
}

/** debian/copyright: the licence of the programs themselves. */
export async function copyright(packageName: string): Promise<string> {
  const others = `The binary contains Node.js and other packages; their terms are in\n/usr/share/doc/${packageName}/third-party-licenses.gz.`;
  return `${await ownLicense()}\n\n${others}\n`;
}

/** The licences of everything else in the binary: all packages that the programs need, and Node. */
export async function thirdPartyLicenses(): Promise<string> {
  const node = join(dirname(nodeBinary()), "..");
  return [...(await packageLicenses()), "Node.js, with what it contains", await licenseOf(node), ""].join(
    "\n\n",
  );
}

async function packageLicenses(): Promise<readonly string[]> {
  return await Promise.all(
    (await packagesInside()).map(async ({ path, name, version, license }) => {
      return `${name} ${version} (${license ?? "see below"})\n\n${await licenseOf(join(CHECKOUT, path))}`;
    }),
  );
}

export interface PackageInside {
  /** Relative to the checkout. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string | undefined;
  /** `sha512-` and base64, of its archive. */
  readonly integrity: string | undefined;
}

/** The packages of npm that are in the binary. */
export async function packagesInside(): Promise<readonly PackageInside[]> {
  const lock = lockSchema.parse(JSON.parse(await readFile(join(CHECKOUT, "package-lock.json"), "utf8")));
  return Object.entries(lock.packages)
    .filter(
      ([path, { dev, devOptional, optional }]) =>
        IN_PAGE.has(path) || (path !== "" && !dev && !devOptional && !optional),
    )
    .map(([path, { version = "", license, integrity }]) => {
      return { path, name: path.replace(/^.*node_modules\//u, ""), version, license, integrity };
    });
}

async function licenseOf(folder: string): Promise<string> {
  const file = (await readdir(folder)).find((name) => /^(licen[cs]e|copying)(\.|$|-mit)/iu.test(name));
  return file === undefined
    ? "(The package carries no license text.)"
    : (await readFile(join(folder, file), "utf8")).trim();
}
