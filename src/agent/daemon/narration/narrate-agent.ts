import { sentence } from "../../../lib/sentence.ts";
import { VERSION } from "../../../lib/version.ts";
import type { Loaded } from "../../config/load-config.ts";
import type { Entry } from "../../journal/entry.ts";
import type { SyncOutcome, Unreachable } from "../../sync/answer/sync-outcome.ts";
import type { Generation } from "../rotation/generation.ts";
import { hostOf } from "./wording.ts";

/** The first line of a process. `note` is appended. */
export function startEntry(initial: Loaded, note: string): Entry {
  const executor =
    initial.verdict === "invalid"
      ? ""
      : ` as executor ${initial.config.agent.name} for ${initial.config.controlPlane.url}`;
  return {
    event: "agent.started",
    message: `novacula-agent ${VERSION} (PID ${process.pid}) started${executor}, with ${initial.path}.${note}`,
    fields: { version: VERSION, pid: process.pid, path: initial.path },
  };
}

/** One request and its outcome, at debug level. */
export function exchangeEntry({ key, config }: Generation, outcome: SyncOutcome): Entry {
  if (outcome.kind === "accepted") {
    return { event: "sync.accepted", message: `${config.agent.name} with ${key}.` };
  }
  const detail = outcome.kind === "unreachable" ? outcome.detail : outcome.message;
  return { event: "sync.failed", message: `${config.agent.name} with ${key}: ${outcome.kind}, ${detail}.` };
}

/** The connection of `generation` was to be replaced, and the new one did not work. */
export function keptConnectionEntry({ config }: Generation, { cause, detail, remedy }: Unreachable): Entry {
  const advice = remedy === undefined ? "" : ` ${sentence(remedy)}`;
  return {
    event: "control-plane.kept-connection",
    message: `A new connection to ${hostOf(config.controlPlane.url)} does not work: ${detail}. Syncs still work over the old connection; if it breaks, or the agent is restarted, the executor goes offline.${advice}`,
    fields: { executor: config.agent.name, cause },
  };
}
