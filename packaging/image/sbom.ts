import { createHash } from "node:crypto";
import { VERSION } from "../../src/lib/version.ts";
import { architecture } from "../debian-texts.ts";
import { nodeBinary } from "../executable.ts";
import { packagesInside } from "../licenses.ts";
import { runTool } from "../run-tool.ts";

interface Part {
  readonly name: string;
  readonly version: string;
  /** https://github.com/package-url/purl-spec */
  readonly purl: string;
  /** An SPDX expression, if it is known. */
  readonly license?: string | undefined;
  readonly checksum?: { readonly algorithm: "SHA256" | "SHA512"; readonly checksumValue: string };
}

/** process.versions has versions of formats and protocols too, which are nobody's software. */
const NO_SOFTWARE = new Set(["modules", "napi", "tz", "unicode", "cldr", "node"]);

/**
 * What is in the images, as SPDX 2.3 in JSON: our binary, Node with what it contains, the packages
 * of npm, and the files from `debianPackages`. The same inputs give the same text.
 */
export async function sbom(
  executableSha256: string,
  debianPackages: readonly string[],
  builtAt: Date,
): Promise<string> {
  const own: Part = {
    name: "novacula-agent",
    version: VERSION,
    purl: `pkg:generic/novacula-agent@${VERSION}`,
    license: "MIT",
    checksum: { algorithm: "SHA256", checksumValue: executableSha256 },
  };
  const parts = [own, ...(await ofNode()), ...(await ofNpm()), ...(await ofDebian(debianPackages))];
  const packages = parts.map(spdxPackage);
  const relationships = packages.map(({ SPDXID }, n) =>
    n === 0
      ? relation("SPDXRef-DOCUMENT", "DESCRIBES", SPDXID)
      : relation(packages[0]?.SPDXID ?? "", "CONTAINS", SPDXID),
  );
  const content = createHash("sha256").update(JSON.stringify(packages)).digest("hex");
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `novacula-agent-${VERSION}`,
    documentNamespace: `https://novacula.invalid/spdx/novacula-agent-${VERSION}-${content}`,
    creationInfo: {
      created: builtAt.toISOString().replace(/\.\d+Z$/u, "Z"),
      creators: [`Tool: novacula-agent-packaging-${VERSION}`],
    },
    packages,
    relationships,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

async function ofNode(): Promise<readonly Part[]> {
  const printed = await runTool(nodeBinary(), ["-p", "JSON.stringify(process.versions)"]);
  const versions: Record<string, string> = JSON.parse(printed);
  const { node = "" } = versions;
  const inside = Object.entries(versions).filter(([name]) => !NO_SOFTWARE.has(name));
  return [
    { name: "node", version: node, purl: `pkg:generic/node@${node}`, license: "MIT" },
    ...inside.map(([name, version]) => ({ name, version, purl: `pkg:generic/${name}@${version}` })),
  ];
}

async function ofNpm(): Promise<readonly Part[]> {
  return (await packagesInside()).map(({ name, version, license, integrity = "" }) => {
    const checksumValue = Buffer.from(integrity.replace(/^sha512-/u, ""), "base64").toString("hex");
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    return { name, version, purl, license, checksum: { algorithm: "SHA512", checksumValue } };
  });
}

async function ofDebian(names: readonly string[]): Promise<readonly Part[]> {
  const format = ["--show", "--showformat", "$" + "{Version}"];
  return await Promise.all(
    names.map(async (name) => {
      const version = await runTool("dpkg-query", [...format, `${name}:${architecture()}`]);
      const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture()}`;
      return { name, version, purl };
    }),
  );
}

function spdxPackage({ name, version, purl, license = "NOASSERTION", checksum }: Part) {
  return {
    name,
    SPDXID: `SPDXRef-${`${purl.slice(4).replace(/\?.*$/u, "")}`.replace(/[^\w.-]+/gu, "-").replaceAll("_", "-")}`,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: license,
    copyrightText: "NOASSERTION",
    ...(checksum !== undefined && { checksums: [checksum] }),
    externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl }],
  };
}

function relation(from: string, relationshipType: string, to: string) {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}
