const MAINTAINER = "Novacula maintainers <maintainers@novacula.invalid>";
/** The systemd of Ubuntu 22.04. */
const SYSTEMD = "systemd (>= 249)";
/** The oldest C library on which Node's official binary starts. */
const BINARY = "libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 6)";

/** What a package says of itself. */
export interface PackageHead {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of the long description. */
  readonly description: readonly string[];
  /** `all`: it has no binary. */
  readonly architecture: "all" | "own";
  /** Our other packages that it needs, as deb-control(5) has them. */
  readonly needs: readonly string[];
}

/** What dpkg, and images, call the architecture of this machine. */
export function architecture(): string {
  const known: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
  const name = known[process.arch];
  if (name === undefined) {
    throw new Error(`no Debian architecture is known for ${process.arch}`);
  }
  return name;
}

export function archiveName(
  name: string,
  version: string,
  kind: PackageHead["architecture"] = "own",
): string {
  return `${name}_${version}_${nameOf(kind)}.deb`;
}

function nameOf(kind: PackageHead["architecture"]): string {
  return kind === "all" ? "all" : architecture();
}

/** deb-control(5) */
export function controlFile(head: PackageHead, version: string, sizeKib: number): string {
  const { name, summary, description, needs } = head;
  const depends = [...needs, ...(head.architecture === "all" ? [] : [BINARY]), SYSTEMD];
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    "Section: admin",
    "Priority: optional",
    `Architecture: ${nameOf(head.architecture)}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${sizeKib}`,
    `Depends: ${depends.join(", ")}`,
    `Description: ${summary}`,
    description.map(wrapped).join("\n .\n"),
    "",
  ].join("\n");
}

/** deb-changelog(5) with one entry, which points at CHANGELOG.md. */
export function changelog(name: string, version: string, builtAt: Date): string {
  const date = builtAt.toUTCString().replace("GMT", "+0000");
  return `${name} (${version}) stable; urgency=medium\n\n  * Release ${version}; see CHANGELOG.md of the project.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** Wraps at 80 columns and begins each line with one space. */
function wrapped(paragraph: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(" ")) {
    if (line.length + word.length + 1 > 79) {
      lines.push(line);
      line = "";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n");
}
