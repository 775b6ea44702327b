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
 * Every way in which a file changes, while the executor is online, while its key is refused, and while the key in
 * the file is one that cannot be sent: the new key is in use 2 s after the last write, the old one until then, and no
 * line of level error is there that is not true.
 */

const LIMIT_MS = 2000;
const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;

type Mood = "online" | "key-refused" | "key-unusable";
const MOODS: readonly Mood[] = ["online", "key-refused", "key-unusable"];

const CASES = MOODS.flatMap((mood) => [...FILE_CHANGES, BIND_MOUNT].map((change) => ({ mood, change })));

describe.concurrent("a new key in the file", () => {
  for (const { mood, change } of CASES) {
    it.skipIf(isLacking(change))(`${change.name}, while ${mood}`, { timeout: 60_000 }, () =>
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
    await agent.waitForStatus((status) => status.state === mood);

    await change.change(place);
    const writtenAtMs = Date.now();

    const usedAtMs = await firstUse(server, agent, fresh);
    expect(usedAtMs - writtenAtMs, render(agent.lines)).toBeLessThanOrEqual(LIMIT_MS);
    const fingerprint = keyFingerprint(fresh);
    await agent.waitForStatus(
      (status) =>
        status.state === "online" && status.key?.fingerprint === fingerprint && status.pendingChange === null,
    );
    judgeRequests(server, mood, keyFingerprint(old), fingerprint);
    judgeJournal(agent, mood, change);
    expect(await agent.stop()).toBe(0);
  } finally {
    directory.remove();
  }
}

function firstUse(server: FaultyServer, agent: AgentProcess, secret: string): Promise<number> {
  const fingerprint = keyFingerprint(secret);
  return eventually(
    () => {
      const request = server.requests.find((each) => each.keyFingerprint === fingerprint);
      if (request === undefined) {
        throw new Error(render(agent.lines));
      }
      return request.atMs;
    },
    { timeoutMs: 10_000, describe: "the new key is used" },
  );
}

/** The old key until the new one, never another, and never a gap in which the executor would look dead. */
function judgeRequests(server: FaultyServer, mood: Mood, old: string, fresh: string): void {
  const keys = server.requests.map((each) => each.keyFingerprint);
  const first = keys.indexOf(fresh);
  expect(new Set(keys.slice(0, first))).toEqual(new Set(mood === "key-unusable" ? [] : [old]));
  expect(new Set(keys.slice(first)), "an old key after the new one").toEqual(new Set([fresh]));
  if (mood !== "online") {
    return;
  }
  const times = server.requests.map(({ atMs }) => atMs);
  const gaps = times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0));
  expect(Math.max(...gaps), "the heartbeat paused").toBeLessThan(2500);
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
