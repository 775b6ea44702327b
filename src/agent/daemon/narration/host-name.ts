import { printable } from "../../../lib/printable.ts";
import { isCommonName, renameRemedy } from "../../config/executor-name.ts";
import type { Entry } from "../../journal/entry.ts";
import type { Generation } from "../rotation/generation.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { fileName } from "./wording.ts";

/** Tells of a host whose name is no longer that of its executor: once for each new name. */
export function createHostNameWatch(path: string) {
  let known: string | undefined;
  return (state: GenerationState | undefined, hostName: string): readonly Entry[] => {
    const isJudged = state?.acceptedAt !== undefined && !state.generation.config.agent.isNameSet;
    if (!isJudged || hostName === known) {
      return [];
    }
    known = hostName;
    return hostNameEntries(state, hostName, path);
  };
}

/** A host whose name is not that of its executor, which was accepted by its default name. */
export function hostNameEntries(
  state: GenerationState | undefined,
  hostName: string,
  path: string,
): readonly Entry[] {
  const agent = state?.generation.config.agent;
  if (agent === undefined || agent.isNameSet || state?.acceptedAt === undefined || hostName === agent.name) {
    return [];
  }
  return [hostRenamed(agent.name, printable(hostName, 64), path)];
}

function hostRenamed(name: string, hostName: string, path: string): Entry {
  return {
    event: "host.renamed",
    message: `This host is called ${hostName}, and the executor is still ${name}: agent.name is not set, so it keeps the name with which it was first accepted, also after a restart as long as state.json remembers it. To keep it and end this line, write name = ${JSON.stringify(name)} below [agent] in ${fileName(path)}. With name = ${JSON.stringify(hostName)} this host becomes a new executor, without these nodes, which needs a key of its own`,
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
