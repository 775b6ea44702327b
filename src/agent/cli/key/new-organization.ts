import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { forgetOrganization, readMemory, storeMemory } from "../../daemon/resources/memory.ts";
import type { AgentPlace } from "../host/agent-place.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";
import { inPlace, type WritePlace } from "../host/write-place.ts";

/**
 * Allows the next key to belong to another organization. Tells the running agent, or changes the
 * stored memory if no agent runs. Rejects with an OperatorError if that fails.
 */
export async function allowNewOrganization(
  { runtimeDir, dataDir, loaded }: AgentPlace,
  running: AgentAnswer,
  signal: AbortSignal,
): Promise<void> {
  if (running.kind === "not-running") {
    const url = loaded.config?.controlPlane.url;
    if (url !== undefined) {
      await forgetOwnOrganization(dataDir, url);
    }
    return;
  }
  const answer = await askAgent(runtimeDir, "POST /allow-new-organization", 0, signal);
  if (answer.kind !== "answered") {
    throw new OperatorError(
      `the agent could not be told about the new organization, so nothing was written. ${answer.why}`,
    );
  }
}

/**
 * Removes the organization from the stored memory while no agent runs. The file keeps its owner, so
 * that the next agent can read what root wrote. Rejects with an OperatorError.
 */
export async function forgetOwnOrganization(dataDir: string, url: string): Promise<void> {
  const path = join(dataDir, "state.json");
  try {
    await neededInTime(path, () => inPlace(path, (place) => forget(place, url)));
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return;
    }
    throw new OperatorError("cannot change the organization that the agent remembers", {
      cause:
        error instanceof OperatorError
          ? error
          : new Error(`${path}: ${errorCode(error) ?? "unknown error"}, so nothing was written`),
    });
  }
}

async function forget({ path, mayGiveAway }: WritePlace, url: string): Promise<void> {
  const { uid, gid } = await lstat(path);
  const folder = dirname(path);
  const memory = forgetOrganization(await readMemory(folder), url);
  await storeMemory(folder, memory, mayGiveAway ? { owner: { uid, gid } } : {});
}
