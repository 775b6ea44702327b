import { nodeFiles, PACKAGED_NODES } from "../src/agent/systemd/node-files.ts";
import { type DebOptions, packDeb, template } from "./debian-archive.ts";
import { changelog, type PackageHead } from "./debian-texts.ts";
import { ownLicense } from "./licenses.ts";

/**
 * The package with the units of nodes. It is not part of novacula-agent, because nodes run on while
 * the agent is removed, and systemd has to know their units then.
 */
export const NODES_PACKAGE = {
  name: "novacula-nodes",
  summary: "systemd units of blockchain nodes that Novacula manages",
  description: [
    "The templates of the services in which novacula-agent runs blockchain nodes, each confined and with a user of its own, and the small helper with which the agent starts, stops and limits them without being root.",
    "Nodes run on when novacula-agent is upgraded or removed. Removing this package stops them; their data stays.",
  ],
  architecture: "all",
  needs: [],
} as const satisfies PackageHead;

const { name } = NODES_PACKAGE;

/** Packs the units and programs of nodes, and resolves with the path of the archive. */
export async function buildNodesDeb(options: DebOptions): Promise<string> {
  return await packDeb(NODES_PACKAGE, options, async (tree, builtAt) => {
    for (const { path, text, mode } of nodeFiles(PACKAGED_NODES)) {
      await tree.addText(path.slice(1), text, mode);
    }
    await tree.addText(`usr/lib/sysusers.d/${name}.conf`, await template(`${name}/sysusers`));
    await tree.addText(`etc/apt/apt.conf.d/50${name}`, await template(`${name}/apt-conf`));
    await tree.addCompressed(`usr/share/doc/${name}/changelog.gz`, changelog(name, options.version, builtAt));
    await tree.addText(`usr/share/doc/${name}/copyright`, `${await ownLicense()}\n`);
    await tree.addText(`usr/share/lintian/overrides/${name}`, await template(`${name}/lintian-overrides`));
  });
}
