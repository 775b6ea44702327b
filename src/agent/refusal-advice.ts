import { type Clock, dateAndMinute } from "../lib/clock.ts";
import type { Refusal } from "../sync/sync-outcome.ts";
import type { Session } from "./session.ts";
import { clockTime, hostOf } from "./wording.ts";

/** Why a key was most likely refused, and what to do: from the control plane's reason, and from what this agent has seen of the key. */
export interface RefusalAdvice {
  /** A clause: `it was revoked; it was accepted until 12:03:06`. */
  readonly why: string;
  /** A sentence in the imperative. */
  readonly remedy: string;
}

const NEW_KEY = "Put a working key into";

export function adviseRefusal(refusal: Refusal, session: Session, clock: Clock): RefusalAdvice {
  return refusal.kind === "refused"
    ? { why: whyRefused(refusal, session, clock), remedy: remedyOf401(refusal, session) }
    : adviseForbidden(refusal, session);
}

/** 401: the reason code first, then whether the key was ever accepted here, then how it looks. */
function whyRefused(refusal: Refusal, session: Session, clock: Clock): string {
  const until =
    session.acceptedAt === undefined ? undefined : `accepted until ${clockTime(clock, session.acceptedAt)}`;
  const host = hostOf(session.generation.config.controlPlane.url);
  switch (refusal.reason) {
    case "revoked":
      return until === undefined
        ? "it is revoked (or was rotated)"
        : `it was revoked or rotated; it was ${until}`;
    case "expired":
      return `${expiry(refusal, session)}${until === undefined ? "" : `; it was ${until}`}`;
    case "malformed":
      return `${host} does not take it for an executor key${looksCutOff(session) ? ": probably cut off when copied" : ""}`;
    case "unknown":
      if (until !== undefined) return `${host} does not know it any more (deleted?); it was ${until}`;
      if (looksCutOff(session))
        return `${host} does not know it: probably cut off when copied (${lengthOf(session)})`;
      return `${host} does not know it: it was deleted, or belongs to another control plane`;
    default:
      if (until !== undefined) return `it was ${until}, so it was rotated, revoked or expired since`;
      if (looksCutOff(session))
        return `it was never accepted here: probably cut off when copied (${lengthOf(session)})`;
      return "it was never accepted here: cut off when copied, revoked before use, or of another organization or control plane";
  }
}

function remedyOf401(refusal: Refusal, session: Session): string {
  const place = session.generation.keySource;
  if (refusal.reason === "unknown" && session.acceptedAt === undefined)
    return `Copy the whole key again into ${place}, or create a new one; check control_plane.url. The agent takes it at once.`;
  return `${NEW_KEY} ${place} (novacula-agent set-key); the agent takes it at once.`;
}

function adviseForbidden(refusal: Refusal, session: Session): RefusalAdvice {
  const { name } = session.generation.config.agent;
  const place = session.generation.keySource;
  switch (refusal.reason) {
    case "wrong_organization":
      return {
        why: "it belongs to another organization than this executor has been in",
        remedy: `${NEW_KEY} ${place} that is of this organization; to move the host on purpose: novacula-agent set-key --new-organization.`,
      };
    case "key_targets_other_executor":
      return {
        why: `it was issued for another executor than ${name}`,
        remedy: `Create a key for ${name} (or for a new executor) and put it into ${place}, or mend [agent].name.`,
      };
    case "key_held_by_other_executor":
      return {
        why: `${name} is bound to another key, and this one serves another executor already`,
        remedy: `Create a key of its own for ${name} and put it into ${place}, or mend [agent].name.`,
      };
    case "kind_mismatch":
      return {
        why: `${name} is known as an operator (Kubernetes), not as an agent`,
        remedy: "Give this host another [agent].name.",
      };
    default:
      return {
        why: `its scope does not reach this executor (${refusal.message})`,
        remedy: `${NEW_KEY} ${place} that is an executor key of this organization.`,
      };
  }
}

/** The control plane's own clock judges an expiry where it sent one; a clock of this host that is off explains other things, not this. */
function expiry(refusal: Refusal, session: Session): string {
  const ends = session.keyEndsAt;
  if (ends === undefined) return "it has expired";
  // Its `Date` is in whole seconds, cut off.
  const past = refusal.serverTimeMs === undefined || ends < refusal.serverTimeMs + 1000;
  return past ? `it expired at ${dateAndMinute(ends)}` : "it has expired";
}

function looksCutOff(session: Session): boolean {
  return session.generation.findings.some((finding) => finding.code === "unusual-length");
}

function lengthOf(session: Session): string {
  const finding = session.generation.findings.find((each) => each.code === "unusual-length");
  return finding?.problem.split(":")[0] ?? "unusual length";
}
