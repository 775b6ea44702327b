import { printable } from "../../../lib/printable.ts";
import { DEFAULT_NAME, isCommonName, renameRemedy } from "../../config/executor-name.ts";
import type { Entry } from "../../journal/entry.ts";
import type { Generation } from "../rotation/generation.ts";
import { fileName } from "./wording.ts";

/** Tells of a host whose name is no longer that of its executor: once for each new name. */
export function createHostNameWatch(path: string) {
  let known = DEFAULT_NAME;
  return (generation: Generation | undefined, hostName: string): readonly Entry[] => {
    if (generation === undefined || generation.config.agent.isNameSet || hostName === known) {
      return [];
    }
    known = hostName;
    const { name } = generation.config.agent;
    return hostName === name ? [] : [hostRenamed(name, printable(hostName, 64), path)];
  };
}

function hostRenamed(name: string, hostName: string, path: string): Entry {
  return {
    event: "host.renamed",
    message: `This host is now called ${hostName}, and the executor is still ${name}: agent.name is not set, so the executor has the name that the host had when the agent started. After a restart this host would be ${hostName}, a new executor for the control plane. To keep the executor, write name = ${JSON.stringify(name)} below [agent] in ${fileName(path)}. To get the new one: sudo systemctl restart novacula-agent`,
    fields: { executor: name },
  };
}

/** An executor with a name that other hosts are likely to have. */
export function commonNameEntries(to: Generation, from: Generation | undefined): Entry[] {
  const { name, isNameSet } = to.config.agent;
  if (!isCommonName(name) || from?.config.agent.name === name) {
    return [];
  }
  return [
    {
      event: "executor.common-name",
      message: `This executor is called ${name}, like every host that nobody has named: the control plane takes a second one for the same executor. ${renameRemedy(isNameSet)}`,
      fields: { executor: name },
    },
  ];
}
