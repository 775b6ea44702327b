import type { DebianPackage } from "./debian-packages.ts";

const MAINTAINER = "Novacula maintainers <maintainers@novacula.invalid>";
/** The oldest C library on which Node's official binary starts, and the systemd of Ubuntu 22.04. */
const DEPENDS = "libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 6), systemd (>= 249)";

/** dpkg's name for the architecture of this machine. */
function architecture(): string {
  const known: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
  const name = known[process.arch];
  if (name === undefined) {
    throw new Error(`no Debian architecture is known for ${process.arch}`);
  }
  return name;
}

export function archiveName(name: string, version: string): string {
  return `${name}_${version}_${architecture()}.deb`;
}

/** deb-control(5) */
export function controlFile(definition: DebianPackage, version: string, sizeKib: number): string {
  const { name, summary, description } = definition;
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    "Section: admin",
    "Priority: optional",
    `Architecture: ${architecture()}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${sizeKib}`,
    `Depends: ${DEPENDS}`,
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
