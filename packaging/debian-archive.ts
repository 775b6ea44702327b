import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandEntry } from "../src/lib/command-line/command-table.ts";
import {
  bashCompletion,
  fishCompletion,
  zshCompletion,
} from "../src/lib/command-line/completion/completions.ts";
import { type DebianPackage, OPERATOR_DOCUMENTS } from "./debian-packages.ts";
import { archiveName, changelog, controlFile, type PackageHead } from "./debian-texts.ts";
import { copyright, thirdPartyLicenses } from "./licenses.ts";
import { renderManual } from "./manual.ts";
import { PackageTree } from "./package-tree.ts";
import { CHECKOUT, DIST, EXECUTABLE } from "./paths.ts";
import { runTool } from "./run-tool.ts";
import { sourceDate } from "./source-date.ts";

export interface DebOptions {
  readonly version: string;
  /** Options of dpkg-deb(1). */
  readonly compression: readonly string[];
  /** Where the archive goes; dist/ unless given. */
  readonly folder?: string;
}

export interface ProgramDebOptions extends DebOptions {
  readonly program: CommandEntry;
}

/** Packs dist/novacula-agent with its unit, documents and scripts, as one of the two programs. */
export async function buildDeb(definition: DebianPackage, options: ProgramDebOptions): Promise<string> {
  return await packDeb(definition, options, async (tree, builtAt) => {
    await addProgram(tree, definition, options);
    await addDocuments(tree, definition, options, builtAt);
  });
}

/**
 * Packs what `fill` adds, with the maintainer scripts of packaging/debian/NAME, and resolves with
 * the path of the archive. Of Debian's tools it needs only dpkg-deb.
 */
export async function packDeb(
  head: PackageHead,
  options: DebOptions,
  fill: (tree: PackageTree, builtAt: Date) => Promise<void>,
): Promise<string> {
  const builtAt = await sourceDate();
  const root = await mkdtemp(join(tmpdir(), "novacula-deb-"));
  try {
    const tree = new PackageTree(root);
    await fill(tree, builtAt);
    await addControl(tree, head, options);
    const { folder = DIST, version, compression } = options;
    await mkdir(folder, { recursive: true });
    const archive = join(folder, archiveName(head.name, version, head.architecture));
    await runTool("dpkg-deb", ["--root-owner-group", ...compression, "--build", root, archive], {
      environment: { SOURCE_DATE_EPOCH: String(builtAt.getTime() / 1000) },
    });
    return archive;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function addProgram(
  tree: PackageTree,
  definition: DebianPackage,
  options: ProgramDebOptions,
): Promise<void> {
  const { name, files, texts = {} } = definition;
  await tree.addFile(`usr/bin/${name}`, EXECUTABLE, 0o755);
  await tree.addFile(`usr/lib/systemd/system/${name}.service`, join(CHECKOUT, `systemd/${name}.service`));
  await tree.addText(`usr/lib/sysusers.d/${name}.conf`, await template(`${name}/sysusers`));
  await tree.addText(`usr/share/bash-completion/completions/${name}`, bashCompletion(name, options.program));
  await tree.addText(`usr/share/zsh/vendor-completions/_${name}`, zshCompletion(name, options.program));
  await tree.addText(
    `usr/share/fish/vendor_completions.d/${name}.fish`,
    fishCompletion(name, options.program),
  );
  for (const [path, source] of Object.entries(files)) {
    await tree.addFile(path, join(CHECKOUT, source));
  }
  for (const [path, text] of Object.entries(texts)) {
    await tree.addText(path, text);
  }
}

async function addDocuments(
  tree: PackageTree,
  { name, manual }: DebianPackage,
  { program, version }: ProgramDebOptions,
  builtAt: Date,
): Promise<void> {
  const date = builtAt.toISOString().slice(0, 10);
  await tree.addCompressed(
    `usr/share/man/man8/${name}.8.gz`,
    renderManual({ ...manual, program, name, version, date }),
  );
  for (const path of [...OPERATOR_DOCUMENTS, ...(await schemaFiles())]) {
    await tree.addFile(`usr/share/doc/${name}/${path.slice("docs/".length)}`, join(CHECKOUT, path));
  }
  await tree.addCompressed(`usr/share/doc/${name}/changelog.gz`, changelog(name, version, builtAt));
  await tree.addText(`usr/share/doc/${name}/copyright`, await copyright(name));
  await tree.addCompressed(`usr/share/doc/${name}/third-party-licenses.gz`, await thirdPartyLicenses());
  const overrides = await template("lintian-overrides");
  await tree.addText(`usr/share/lintian/overrides/${name}`, overrides.replaceAll("@PACKAGE@", name));
}

/** The schemas of `--json`, from the root of the checkout. */
async function schemaFiles(): Promise<readonly string[]> {
  const folder = "docs/schemas";
  const entries = await readdir(join(CHECKOUT, folder), { recursive: true });
  return entries
    .filter((entry) => entry.endsWith(".json"))
    .sort()
    .map((entry) => join(folder, entry));
}

async function addControl(tree: PackageTree, head: PackageHead, options: DebOptions): Promise<void> {
  const checksums = tree.checksums();
  const configuration = tree.pathsBelow("etc/");
  await tree.addText("DEBIAN/control", controlFile(head, options.version, tree.sizeKib));
  await tree.addText("DEBIAN/md5sums", checksums);
  if (configuration.length > 0) {
    await tree.addText("DEBIAN/conffiles", configuration.map((path) => `/${path}\n`).join(""));
  }
  for (const script of ["postinst", "prerm", "postrm"]) {
    await tree.addText(`DEBIAN/${script}`, await template(`${head.name}/${script}`), 0o755);
  }
}

/** A file in packaging/debian. */
export async function template(path: string): Promise<string> {
  return await readFile(join(CHECKOUT, "packaging/debian", path), "utf8");
}
