import type { Clock } from "../../../lib/clock.ts";
import { capitalized } from "../../../lib/sentence.ts";
import { withSudo } from "../../../lib/shell-word.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import type { Entry } from "../../journal/entry.ts";
import {
  appliedSettings,
  type Folders,
  type Generation,
  newSettings,
  restartSettings,
  sameCredentials,
} from "../rotation/generation.ts";
import type { GenerationState } from "../rotation/generation-state.ts";
import { type FileProblem, type Rotation, running } from "../rotation/rotation.ts";
import { withFixLast } from "./fix-last.ts";
import { commonNameEntries } from "./host-name.ts";
import { replacedBy } from "./went-back.ts";
import { fileName, keyLabel, stillOn } from "./wording.ts";

/** What does not change while the process runs. */
export interface FileContext {
  /** The configuration file. */
  readonly path: string;
  /** The folders that this process uses. */
  readonly folders: Folders;
  readonly clock: Clock;
}

/** The lines after the files changed; `before` and `after` are the rotation around that event. */
export function narrateValidFile(before: Rotation, after: Rotation, context: FileContext): Entry[] {
  const { wanted } = after;
  if (wanted === undefined) {
    return [];
  }
  const previous = before.wanted?.generation;
  const common = [
    ...restart(previous, wanted.generation, context),
    ...findingEntries(wanted.generation, previous),
    ...commonNameEntries(wanted.generation, previous),
  ];
  const current = running(before);
  if (current === undefined) {
    return common;
  }
  if (sameCredentials(current.generation, wanted.generation)) {
    const applied = appliedSettings(current.generation.config, wanted.generation.config);
    return [...restored(before, current, context), ...appliedEntries(applied), ...common];
  }
  if (before.wanted !== undefined && sameCredentials(before.wanted.generation, wanted.generation)) {
    return [...restored(before, before.wanted, context), ...common];
  }
  return [...common, trying(after, wanted, current, context.clock)];
}

export function narrateProblem(problem: FileProblem, rotation: Rotation, context: FileContext): Entry {
  const { path, clock } = context;
  const consequence = stillOn(running(rotation), clock);
  if (problem.kind === "invalid") {
    return {
      event: "config.invalid",
      message: withFixLast(problem, consequence, (text) => `The configuration is not valid: ${text}`),
      fields: { path, issues: problem.issues.length },
    };
  }
  // A credential does not change without a restart, and its remedy says so.
  const effect =
    problem.credential === undefined ? `The key is not sent. ${consequence}` : "The key is not sent.";
  return {
    event: "key.unusable",
    message: withFixLast(problem, effect, capitalized),
    fields: { path, finding: problem.findings[0]?.code },
  };
}

function restored(before: Rotation, current: GenerationState, { path }: FileContext): Entry[] {
  const complained = before.problem !== undefined || before.wanted !== current;
  if (!complained) {
    return [];
  }
  return [
    {
      event: "config.restored",
      message: `${fileName(path)} matches the running configuration again: ${keyLabel(current)}${standing(current)}.`,
      fields: { fingerprint: current.generation.key.fingerprint },
    },
  ];
}

/** The end of a complaint about the file must not look like the end of one about its key. */
function standing({ sync }: GenerationState): string {
  const isRefused = sync.kind === "key-refused" || sync.kind === "forbidden";
  return isRefused ? ", which is still refused" : "";
}

function appliedEntries(names: readonly string[]): Entry[] {
  return names.length === 0
    ? []
    : [{ event: "config.applied", message: `Applied without a restart: ${names.join(", ")}.` }];
}

/** Settings that take effect after a restart, compared with what this process uses. */
function restart(from: Generation | undefined, to: Generation, { path, folders }: FileContext): Entry[] {
  const was = new Map(from === undefined ? [] : restartSettings(from.config, folders));
  const is = new Map(restartSettings(to.config, folders));
  const changed = [...is].filter(([name, value]) => was.get(name) !== value).map(([name]) => name);
  const back = [...was.keys()].filter((name) => !is.has(name));
  const entries: Entry[] = [];
  if (back.length > 0) {
    entries.push({
      event: "config.restored",
      message: `${fileName(path)} matches the running configuration again: ${back.join(", ")}. No restart is needed for it.`,
    });
  }
  if (changed.length > 0) {
    entries.push(needsRestart(changed));
  }
  return entries;
}

/** The settings of the file that this process does not use before it is restarted. */
export function restartEntries({ config }: Generation, inUse: Folders): Entry[] {
  const names = restartSettings(config, inUse).map(([name]) => name);
  return names.length === 0 ? [] : [needsRestart(names)];
}

function needsRestart(names: readonly string[]): Entry {
  return {
    event: "config.needs-restart",
    message: `Changed: ${names.join(", ")}. This takes effect after a restart; the old value applies until then. To restart: ${withSudo("systemctl restart novacula-agent")}`,
  };
}

function trying(after: Rotation, wanted: GenerationState, current: GenerationState, clock: Clock): Entry {
  const { key, keySource } = wanted.generation;
  const isSameKey = key.equals(current.generation.key);
  const change = isSameKey
    ? `new settings (${newSettings(current.generation, wanted.generation)})`
    : wanted.newer === undefined
      ? `new ${key} in ${keySource}`
      : `${key} in ${keySource}, which went back to it: ${replacedBy(wanted.newer, clock)}`;
  const stays = running(after) === wanted ? "" : ` ${stayingOn(current, isSameKey ? "they are" : "it is")}`;
  return {
    event: isSameKey ? "config.new" : "key.new",
    message: `Trying the ${change}.${stays}`,
    fields: {
      fingerprint: key.fingerprint,
      previous: current.generation.key.fingerprint,
      at: clock.wall(clock.now()),
    },
  };
}

function stayingOn(current: GenerationState, untilIt: "it is" | "they are"): string {
  return `Staying on ${keyLabel(current)} until ${untilIt} accepted.`;
}

function findingEntries(generation: Generation, previous: Generation | undefined): Entry[] {
  const said = new Set(previous?.findings.map((finding) => `${finding.code} ${finding.problem}`));
  return generation.findings
    .filter((finding) => !said.has(`${finding.code} ${finding.problem}`))
    .map((finding) => ({
      event: "key.warning",
      message: `The ${generation.key} in ${generation.keySource} ${finding.problem}. ${remedyText(finding.remedy)}`,
      fields: { fingerprint: generation.key.fingerprint, finding: finding.code },
    }));
}
