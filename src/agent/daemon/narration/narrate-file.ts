import type { Clock } from "../../../lib/clock.ts";
import type { Entry } from "../../journal/entry.ts";
import { changedSettings, type Generation, newSettings, sameCredentials } from "../rotation/generation.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { type FileProblem, type Rotation, running } from "../rotation/rotation.ts";
import { fileName, keyLabel, problemText, stillOn } from "./wording.ts";

/** What the journal says when the files were found changed: `before` and `after` are the rotation around that event. */
export function narrateValidFile(before: Rotation, after: Rotation, path: string, clock: Clock): Entry[] {
  const { wanted } = after;
  if (wanted === undefined) {
    return [];
  }
  const warnings = findingEntries(wanted.generation, before.wanted?.generation);
  const current = running(before);
  if (current === undefined) {
    return warnings;
  }
  if (sameCredentials(current.generation, wanted.generation)) {
    return [
      ...restored(before, current, path),
      ...applied(current.generation, wanted.generation),
      ...warnings,
    ];
  }
  if (before.wanted !== undefined && sameCredentials(before.wanted.generation, wanted.generation)) {
    return [...restored(before, before.wanted, path), ...warnings];
  }
  return [...warnings, trying(after, wanted, current, clock)];
}

export function narrateProblem(problem: FileProblem, rotation: Rotation, path: string, clock: Clock): Entry {
  const consequence = stillOn(running(rotation), clock);
  if (problem.kind === "invalid") {
    return {
      event: "config.invalid",
      message: `The configuration cannot be used as it is: ${problemText(problem)} ${consequence}`,
      fields: { path, issues: problem.issues.length },
    };
  }
  return {
    event: "key.unusable",
    message: `${capital(problemText(problem))} It is not sent. ${consequence}`,
    fields: { path, finding: problem.findings[0]?.code },
  };
}

function restored(before: Rotation, current: GenerationState, path: string): Entry[] {
  const complained = before.problem !== undefined || before.wanted !== current;
  if (!complained) {
    return [];
  }
  return [
    {
      event: "config.restored",
      message: `${fileName(path)} says again what the agent runs on: ${keyLabel(current)}.`,
      fields: { fingerprint: current.generation.key.fingerprint },
    },
  ];
}

function applied(from: Generation, to: Generation): Entry[] {
  const { live, needsRestart } = changedSettings(from.config, to.config);
  const entries: Entry[] = [];
  if (live.length > 0) {
    entries.push({ event: "config.applied", message: `In use without a restart: ${live.join(", ")}.` });
  }
  if (needsRestart.length > 0) {
    entries.push({
      event: "config.needs-restart",
      message: `Changed, but only a new process takes it: ${needsRestart.join(", ")}. Restart the agent when it suits; until then the old value stands.`,
    });
  }
  return entries;
}

function trying(after: Rotation, wanted: GenerationState, current: GenerationState, clock: Clock): Entry {
  const { key } = wanted.generation;
  const sameKey = key.equals(current.generation.key);
  const stays = running(after) === wanted ? "" : ` ${stayingOn(current, sameKey ? "they are" : "that is")}`;
  const change = sameKey
    ? `New settings (${newSettings(current.generation, wanted.generation)})`
    : `New ${key} in ${wanted.generation.keySource}`;
  return {
    event: "key.new",
    message: `${change}: trying ${sameKey ? "them" : "it"}.${stays}`,
    fields: {
      fingerprint: key.fingerprint,
      previous: current.generation.key.fingerprint,
      at: clock.wall(clock.now()),
    },
  };
}

function stayingOn(current: GenerationState, untilIt: "that is" | "they are"): string {
  return `Staying on ${keyLabel(current)} until ${untilIt} accepted.`;
}

function findingEntries(generation: Generation, previous: Generation | undefined): Entry[] {
  const said = new Set(previous?.findings.map((finding) => `${finding.code} ${finding.problem}`));
  return generation.findings
    .filter((finding) => !said.has(`${finding.code} ${finding.problem}`))
    .map((finding) => ({
      event: "key.warning",
      message: `The ${generation.key} in ${generation.keySource} ${finding.problem}. ${finding.remedy}`,
      fields: { fingerprint: generation.key.fingerprint, finding: finding.code },
    }));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
