import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { FileHints, type LookCadence } from "../../../../src/agent/daemon/watch/file-hints.ts";
import { ConfigWatcher } from "../../../../src/agent/daemon/watch/watch-config.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { inTime } from "../../../../src/lib/files/file-answer.ts";
import { pass, useFakeTime } from "../../../support/agent/fake-time.ts";
import { fileWith } from "../../../support/agent/loaded.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const DAY_MS = 86_400_000;
/** Only a notification of the system is a hint. */
const HEARD_ONLY: LookCadence = { lookMs: DAY_MS, lookAloneMs: DAY_MS };
/** So is a look where nothing else can be. */
const ALONE: LookCadence = { lookMs: DAY_MS, lookAloneMs: 20 };
/** Longer than an access may take, ms. */
const OVERDUE_MS = 3500;

function hintsOf(cadence: LookCadence) {
  const degraded: string[] = [];
  const hints = new FileHints((reason) => void degraded.push(reason), cadence);
  const end = new AbortController();
  onTestFinished(() => {
    end.abort();
    hints.close();
  });
  /** Says when the next hint has come; a day is longer than any test. */
  const next = () => {
    const state = { hasCome: false };
    const coming = hints.next(DAY_MS, end.signal).then(() => {
      state.hasCome = true;
    });
    return { coming, hasCome: () => state.hasCome };
  };
  /** Listens for the file. The hint that this itself causes is taken. */
  const listen = async (path: string) => {
    await hints.watch([path]);
    await hints.next(DAY_MS, end.signal);
  };
  return { hints, degraded, next, listen };
}

function watchers(): number {
  return process.getActiveResourcesInfo().filter((resource) => /^(?:FSEvent|StatWatcher)/u.test(resource))
    .length;
}

/** Resolves once nothing of an earlier test listens. */
async function silence(): Promise<void> {
  await eventually(() => watchers() === 0, { describe: "no listener" });
}

function newFile(): string {
  const path = join(tempDir(), "key");
  writeFileSync(path, "0");
  return path;
}

beforeEach(silence);

describe("a hint", () => {
  it("comes when a file is written, and when another one takes its place", async () => {
    const path = newFile();
    const { next, listen } = hintsOf(HEARD_ONLY);
    await listen(path);
    const written = next();
    writeFileSync(path, "1");
    await written.coming;
    const replaced = next();
    writeFileSync(`${path}.new`, "2");
    renameSync(`${path}.new`, path);
    await replaced.coming;
  });

  it("that comes while nobody waits is not lost", async () => {
    const path = newFile();
    const { next, listen } = hintsOf(HEARD_ONLY);
    await listen(path);
    writeFileSync(path, "1");
    await pause(300);
    await next().coming;
  });

  it("comes of a look where there is nothing to listen to yet", async () => {
    const folder = join(tempDir(), "later");
    const { degraded, next, listen } = hintsOf(ALONE);
    await listen(join(folder, "key"));
    const made = next();
    mkdirSync(folder);
    writeFileSync(join(folder, "key"), "0");
    await made.coming;
    expect(degraded).toEqual([]);
  });

  it("comes of a look where the system refuses to listen, which is said once", async () => {
    const folder = join(tempDir(), "loop");
    symlinkSync("loop", folder);
    const { degraded, next, listen, hints } = hintsOf(ALONE);
    await listen(join(folder, "key"));
    expect(degraded).toEqual([expect.stringMatching(/^ELOOP\b/u)]);
    const repaired = next();
    rmSync(folder);
    mkdirSync(folder);
    writeFileSync(join(folder, "key"), "0");
    await repaired.coming;
    rmSync(folder, { recursive: true });
    symlinkSync("loop", folder);
    await hints.watch([join(folder, "key"), "/"]);
    expect(degraded).toHaveLength(1);
  });
});

describe("without a hint", () => {
  beforeEach(() => useFakeTime());

  it("waits for as long as it is told, and does not listen anew to the same file", async () => {
    const path = newFile();
    const { hints, next } = hintsOf({ lookMs: DAY_MS, lookAloneMs: 1000 });
    await hints.watch([path]);
    // Nothing noticed a change before it listened; one read then serves what comes within 20 ms.
    const first = next();
    await pass(10);
    expect(first.hasCome()).toBe(false);
    await pass(20);
    expect(first.hasCome()).toBe(true);
    await hints.watch([path]);
    const second = next();
    await pass(5000);
    expect(second.hasCome()).toBe(false);
  });

  it("looks each second while a file does not answer, and listens to no file", async () => {
    const [path, other] = [newFile(), newFile()];
    const { hints, next } = hintsOf({ lookMs: DAY_MS, lookAloneMs: 1000 });
    await hints.watch([path, other]);
    const begun = next();
    await pass(50);
    expect(begun.hasCome()).toBe(true);
    expect(watchers()).toBeGreaterThan(0);

    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    inTime(path, () => held).catch(() => {});
    await pass(OVERDUE_MS);
    await hints.watch([path, other]);
    const look = next();
    await pass(980);
    expect(look.hasCome()).toBe(false);
    await pass(40);
    expect(look.hasCome()).toBe(true);
    await silence();

    release();
    await pass(20);
    await hints.watch([path, other]);
    expect(watchers()).toBeGreaterThan(0);
    const again = next();
    await pass(50);
    expect(again.hasCome()).toBe(true);
    const rest = next();
    await pass(5000);
    expect(rest.hasCome()).toBe(false);
  });
});

it("a watcher reads when it hears of a change, and listens to nothing once it has ended", async () => {
  const path = newFile();
  const initial = { ...fileWith(makeKey()), files: [path] };
  let reads = 0;
  const watcher = new ConfigWatcher({
    load: async (known) => {
      reads += 1;
      return known;
    },
    deliver: () => expect.unreachable(),
    initial,
    clock: systemClock,
    cadence: { ...HEARD_ONLY, readAnywayMs: DAY_MS },
    onDegraded: () => expect.unreachable(),
  });
  const end = new AbortController();
  const running = watcher.run(end.signal);
  // The second one comes once it listens.
  await eventually(() => reads === 2, { describe: "the reads of the start" });
  writeFileSync(path, "1");
  await eventually(() => reads > 2, { describe: "a read" });
  end.abort();
  await running;
  await silence();
});
