import { VERSION } from "../../../lib/version.ts";
import { hostName } from "../../config/executor-name.ts";
import type { Entry } from "../../journal/entry.ts";
import { type Rotation, running } from "../rotation/rotation.ts";
import { commonNameEntries, hostNameEntries } from "./host-name.ts";
import { type FileContext, restartEntries } from "./narrate-file.ts";
import { versionEntries } from "./notices.ts";

/** What the journal has said of this state of the agent, and is still true. */
export function lastingEntries(rotation: Rotation, { path, folders }: Omit<FileContext, "clock">): Entry[] {
  const state = running(rotation);
  const wanted = rotation.wanted?.generation;
  return [
    ...(wanted === undefined ? [] : restartEntries(wanted, folders)),
    ...(state === undefined ? [] : commonNameEntries(state.generation, undefined)),
    ...hostNameEntries(state, hostName(), path),
    ...(state?.sync.kind === "online" ? versionEntries(state.sync.reply.compatibility, VERSION) : []),
  ];
}
