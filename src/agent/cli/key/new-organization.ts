import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { neededInTime } from "../../../lib/files/file-answer.ts";
import { forgetOrganization, readMemory, storeMemory } from "../../daemon/resources/memory.ts";
import type { AgentPlace } from "../host/agent-place.ts";
import { type AgentAnswer, askAgent } from "../host/agent-socket.ts";
import { inPlace, type WritePlace } from "../host/write-place.ts";

/**
 * Lets the next key be of another organization: the running agent is told, and where none runs its memory is.
 * Rejects with an OperatorError where neither can be done.
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
    throw new OperatorError(`the move could not be sent to the agent, so nothing was written: ${answer.why}`);
  }
}

/** For while no agent runs. The file stays its owner's: the agent that starts next must be able to read what root wrote. */
export async function forgetOwnOrganization(dataDir: string, url: string): Promise<void> {
  const path = join(dataDir, "state.json");
  try {
    await neededInTime(path, () => inPlace(path, (place) => forget(place, url)));
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return;
    }
    throw new OperatorError("the agent's memory of its organization stays, so nothing was written", {
      cause:
        error instanceof OperatorError ? error : new Error(`${path}: ${errorCode(error) ?? "unknown error"}`),
    });
  }
}

async function forget({ path, mayGiveAway }: WritePlace, url: string): Promise<void> {
  const { uid, gid } = await lstat(path);
  const folder = dirname(path);
  const memory = forgetOrganization(await readMemory(folder), url);
  await storeMemory(folder, memory, mayGiveAway ? { owner: { uid, gid } } : {});
}
