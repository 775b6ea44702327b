import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { type AgentProcess, agentHome, startAgent } from "../../agent/agent-process.ts";
import { createExecutorSyncs } from "../../control-plane/executor-syncs.ts";
import { tempDir } from "../../temp-dir.ts";
import { Heard } from "./heard.ts";
import type { Entry } from "./key-ledger.ts";

const PACE_MS = 300;

/** An executor that syncs until `end`. */
export interface ChaosExecutor {
  readonly name: string;
  readonly heard: Heard;
  /** The key that it was given last. */
  readonly entry: Entry;
  use(entry: Entry): void;
  /** What must not have happened to it since the last call, in words. */
  wrongs(): readonly string[];
  end(): Promise<void>;
}

/** Whether no change was asked for of the key that it uses. */
export function hasWorkingKey({ entry }: ChaosExecutor): boolean {
  return entry.mayEndAt === Number.POSITIVE_INFINITY;
}

/** What is wrong with an answer to a sync that began and ended then; undefined: nothing. */
export function wrongAnswer(
  { key, mayEndAt, endedAt }: Entry,
  status: number,
  { begun, answered }: { readonly begun: number; readonly answered: number },
): string | undefined {
  if (status === 200 && endedAt < begun) {
    return `key ${key.fingerprint} is accepted ${begun - endedAt} ms after its end`;
  }
  if ((status === 401 || status === 403) && mayEndAt > answered) {
    return `key ${key.fingerprint} works, and is refused with ${status}`;
  }
  return undefined;
}

/** Syncs once; resolves with the status, or undefined if there was no answer. */
export async function syncOnce(url: string, { key, executor }: Entry): Promise<number | undefined> {
  const answer = await createExecutorSyncs(url, key.secret, executor)
    .one()
    .catch(() => undefined);
  return answer?.status === 200 && answer.text.includes('"errors"') ? undefined : answer?.status;
}

/** An executor without an agent. It may sync with one control plane, or through the balancer. */
export class Syncer implements ChaosExecutor {
  readonly heard = new Heard();
  entry: Entry;
  url: string;
  private found: string[] = [];
  private isOver = false;
  private readonly loop: Promise<void>;

  constructor(entry: Entry, url: string) {
    this.entry = entry;
    this.url = url;
    this.loop = this.syncUntilOver();
  }

  get name(): string {
    return this.entry.executor;
  }

  use(entry: Entry): void {
    this.entry = entry;
  }

  wrongs(): readonly string[] {
    const { found } = this;
    this.found = [];
    return found;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.loop;
  }

  private async syncUntilOver(): Promise<void> {
    while (!this.isOver) {
      const { entry, url } = this;
      const begun = Date.now();
      const status = await syncOnce(url, entry);
      const answered = Date.now();
      const wrong = status === undefined ? undefined : wrongAnswer(entry, status, { begun, answered });
      if (wrong !== undefined) {
        this.found.push(`${this.name} at ${url}: ${wrong}`);
      }
      if (status === 200) {
        this.heard.accept(answered);
      }
      await sleep(PACE_MS);
    }
  }
}

/** A real agent, whose status is looked at all the time. */
export class AgentExecutor implements ChaosExecutor {
  readonly heard = new Heard();
  entry: Entry;
  private readonly home = agentHome(tempDir());
  private readonly url: string;
  private agent: AgentProcess;
  private read = 0;
  private isOver = false;
  private readonly watching: Promise<void>;
  /** Every key that it was given. */
  private readonly given: Entry[] = [];

  constructor(entry: Entry, url: string) {
    this.url = url;
    this.entry = entry;
    this.use(entry);
    this.agent = startAgent(this.home);
    this.watching = this.watch();
    onTestFinished(() => this.agent[Symbol.asyncDispose]());
  }

  get name(): string {
    return this.entry.executor;
  }

  use(entry: Entry): void {
    this.entry = entry;
    this.given.push(entry);
    const { configPath, toml } = this.home;
    writeFileSync(`${configPath}.new`, toml({ url: this.url, key: entry.key.secret, name: this.name }), {
      mode: 0o600,
    });
    renameSync(`${configPath}.new`, configPath);
  }

  /** Resolves with the exit code; null if it was killed. */
  async restart(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    this.heard.stop();
    this.agent.signal(signal);
    const { code } = await this.agent.exited();
    this.heard.stop();
    this.agent = startAgent(this.home);
    this.read = 0;
    return code;
  }

  wrongs(): readonly string[] {
    const lines = this.agent.lines.slice(this.read);
    this.read += lines.length;
    return lines
      .filter(({ event }) => /^key\.(?:new-refused|refused|forbidden|fallback)$/u.test(event))
      .filter(({ message, atMs }) => (this.firstKeyIn(message)?.mayEndAt ?? 0) > atMs)
      .map(({ message }) => `${this.name} says: ${message}`);
  }

  private firstKeyIn(message: string): Entry | undefined {
    const placed = this.given.map((entry) => ({ entry, place: message.indexOf(entry.key.fingerprint) }));
    return placed.filter(({ place }) => place >= 0).sort((a, b) => a.place - b.place)[0]?.entry;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.watching;
    const code = await this.agent.stop();
    if (code !== 0) {
      throw new Error(`${this.name} ended with ${code}`);
    }
  }

  private async watch(): Promise<void> {
    let last: string | null = null;
    while (!this.isOver) {
      const { agent } = this;
      const status = await agent.status().catch(() => undefined);
      const at = status?.lastAcceptedAt ?? null;
      if (agent === this.agent && at !== null && at !== last) {
        this.heard.accept(Date.parse(at));
        last = at;
      }
      await sleep(PACE_MS);
    }
  }
}
