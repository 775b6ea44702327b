import { stat } from "node:fs/promises";
import { inTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Loaded, loadConfig } from "../../config/load-config.ts";
import type { AgentStatus } from "../../daemon/status/status.ts";
import type { AgentFolders } from "./agent-place.ts";
import { isEncrypted, serviceCredential } from "./service-credential.ts";
import { serviceReader } from "./service-identity.ts";

/** The key of the service is not the one in the source of its credential. */
export interface CredentialDrift {
  /** A clause. */
  readonly why: string;
  /** A command. */
  readonly fix: string;
}

/**
 * Whether the source of the key's credential has changed since the service was started. systemd
 * reads it only then. Undefined if not, if the key is no credential, or if this user cannot know.
 */
export async function credentialDrift(
  loaded: Loaded,
  status: AgentStatus,
): Promise<CredentialDrift | undefined> {
  const credential = loaded.config?.controlPlane.credential;
  if (credential === undefined || loaded.verdict === "invalid" || status.configPath !== loaded.path) {
    return undefined;
  }
  const fix = asRoot("novacula-agent restart");
  const inUse = status.key?.fingerprint ?? status.pendingChange?.fingerprint;
  if (loaded.verdict === "usable" && loaded.key.fingerprint !== inUse) {
    const started = inUse === undefined ? "without a usable key" : `with key ${inUse}`;
    const why = `${loaded.keySource} contains ${loaded.key}, but the service was started ${started}. systemd reads a credential only at a start`;
    return { why, fix };
  }
  const changed = await changedAfter(credential, status.startedAt);
  return changed === undefined
    ? undefined
    : {
        why: `${printable(changed, 4096)} was changed after the service started. systemd reads a credential only at a start`,
        fix,
      };
}

/** The encrypted source, if it was changed after that moment: its key cannot be compared. */
async function changedAfter(credential: string, startedAt: string | null): Promise<string | undefined> {
  const found = await serviceCredential(credential);
  if (
    found.kind !== "source" ||
    found.path === undefined ||
    startedAt === null ||
    !isEncrypted(found.source)
  ) {
    return undefined;
  }
  const { path } = found;
  const stats = await inTime(path, () => stat(path)).catch(() => undefined);
  return stats !== undefined && stats.mtimeMs > Date.parse(startedAt) ? path : undefined;
}

/** The same for a command that has read only agent.toml: as a note, empty without a difference. */
export async function driftNote(place: AgentFolders, status: AgentStatus): Promise<readonly string[]> {
  if (place.credential === undefined) {
    return [];
  }
  const loaded = await loadConfig(place.path, {}, undefined, await serviceReader());
  const drift = await credentialDrift(loaded, status);
  return drift === undefined ? [] : [`${drift.why}.`, `Fix: ${drift.fix}`];
}
