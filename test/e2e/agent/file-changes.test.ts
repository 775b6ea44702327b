import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { type AgentProcess, agentHome, render, startAgent } from "../../support/agent/agent-process.ts";
import { type FaultyServer, startFaultyServer } from "../../support/agent/faulty-server.ts";
import {
  BIND_MOUNT,
  bindMountWrapper,
  FILE_CHANGES,
  type FileChange,
  hasVim,
  type Place,
  stageFile,
} from "../../support/agent/file-change.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { lacks } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/**
 * Every way in which a file changes, while the executor is online, while its key is refused, and
 * while the key in the file cannot be sent: the new key is used, the old one until then, and no
 * line of level error is false. That the system notifies of each way is in heard-changes.test.ts;
 * how long it takes is in the benchmark (`npm run bench -- times`).
 */

/** Generous, for a busy machine. */
const WAIT_MS = 60_000;
const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;

type Mood = "online" | "key-refused" | "key-unusable";
const MOODS: readonly Mood[] = ["online", "key-refused", "key-unusable"];

const CASES = MOODS.flatMap((mood) => [...FILE_CHANGES, BIND_MOUNT].map((change) => ({ mood, change })));

describe.concurrent("a new key in the file", () => {
  for (const { mood, change } of CASES) {
    it.skipIf(isLacking(change))(`${change.name}, while ${mood}`, { timeout: 120_000 }, () =>
      rotate(mood, change),
    );
  }
});

function isLacking({ needs, asNobody }: FileChange): boolean {
  if (needs === "vim") {
    return lacks("vim", hasVim());
  }
  return needs === "root"
    ? lacks("root, to mount", isRoot)
    : asNobody === true && lacks("root, to be another user", isRoot);
}

async function rotate(mood: Mood, change: FileChange): Promise<void> {
  const directory = temporaryDirectory();
  try {
    await using server = await startFaultyServer();
    const [old, fresh] = [makeKey(), makeKey()];
    const home = agentHome(directory.path, join(directory.path, change.path ?? "etc/agent.toml"));
    const damaged = `${old.slice(0, 20)} ${old.slice(20)}`;
    const place: Place = {
      folder: directory.path,
      path: home.configPath,
      before: home.toml({ url: server.url, key: mood === "key-unusable" ? damaged : old }),
      after: home.toml({ url: server.url, key: fresh }),
    };
    const good = mood === "online" ? [old, fresh] : [fresh];
    server.respond(onlyFor(good));
    stageFile(change, place);
    if (change.asNobody === true) {
      giveAway(directory.path);
    }
    await using agent = startAgent({
      ...home,
      environment: { INVOCATION_ID: "test" },
      ...(change === BIND_MOUNT && { wrapper: bindMountWrapper(place) }),
      ...(change.asNobody === true && { uid: NOBODY }),
    });
    await agent.waitForStatus((status) => status.state === mood, WAIT_MS);

    await change.change(place, () => untilComplaint(agent, server, mood));

    await firstUse(server, agent, fresh);
    const fingerprint = keyFingerprint(fresh);
    await agent.waitForStatus(
      (status) =>
        status.state === "online" && status.key?.fingerprint === fingerprint && status.pendingChange === null,
      WAIT_MS,
    );
    judgeRequests(server, mood, keyFingerprint(old), fingerprint);
    judgeJournal(agent, mood, change);
    expect(await agent.stop()).toBe(0);
  } finally {
    directory.remove();
  }
}

/** Until the damage is said. Its heartbeats go on meanwhile: with the old key if that is good. */
async function untilComplaint(agent: AgentProcess, { requests }: FaultyServer, mood: Mood): Promise<void> {
  const before = requests.length;
  await agent.waitForLine("config.invalid", /^/, WAIT_MS);
  if (mood === "online") {
    const from = requests.length;
    expect(from, "requests while the damage settled").toBeGreaterThan(before);
    await eventually(() => requests.length >= from + 3, { describe: "three syncs", timeoutMs: WAIT_MS });
  }
}

async function firstUse(server: FaultyServer, agent: AgentProcess, secret: string): Promise<void> {
  const fingerprint = keyFingerprint(secret);
  await eventually(
    () => {
      if (server.requests.some((each) => each.keyFingerprint === fingerprint)) {
        return true;
      }
      throw new Error(render(agent.lines));
    },
    { timeoutMs: WAIT_MS, describe: "the new key is used" },
  );
}

/** The old key until the new one, never another. */
function judgeRequests(server: FaultyServer, mood: Mood, old: string, fresh: string): void {
  const keys = server.requests.map((each) => each.keyFingerprint);
  const first = keys.indexOf(fresh);
  expect(new Set(keys.slice(0, first))).toEqual(new Set(mood === "key-unusable" ? [] : [old]));
  expect(new Set(keys.slice(first)), "an old key after the new one").toEqual(new Set([fresh]));
}

const MOOD_COMPLAINTS: Readonly<Record<Mood, RegExp | undefined>> = {
  online: undefined,
  "key-refused": /key\.refused: .*401 revoked/,
  "key-unusable": /key\.unusable: /,
};

/**
 * Each complaint was true, and was made once; what was complained of and fixed is taken back by the
 * rotation itself.
 */
function judgeJournal(agent: AgentProcess, mood: Mood, change: FileChange): void {
  const errors = agent.lines.filter(({ level }) => level === "error");
  const rest = errors
    .map(({ event, message }) => `${event}: ${message}`)
    .filter((line) => MOOD_COMPLAINTS[mood]?.test(line) !== true && change.complaint?.test(line) !== true);
  expect(rest).toEqual([]);
  expect(errors.filter(({ event }) => event === "key.unusable" || event === "key.refused").length).toBe(
    mood === "online" ? 0 : 1,
  );
  expect(errors.filter(({ event }) => event === "config.invalid").length).toBe(
    change.complaint === undefined ? 0 : 1,
  );
}

function giveAway(folder: string): void {
  chownSync(folder, NOBODY, NOBODY);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    chownSync(join(folder, name), NOBODY, NOBODY);
  }
}
