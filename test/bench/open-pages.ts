import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";

/** What the overview, the lists and the audit log ask for, each every five seconds while it is open. */
const KEY =
  "id name fingerprint status createdAt expiresAt revokesAt revokedAt lastUsedAt target { id name }";
const EXECUTOR =
  "id name kind status version channel hostName lastSyncAt key { id name fingerprint } instances { hostName }";
const QUERIES = [
  "{ health { executors { total offline offlineBy { cause count } refused duplicates } apiKeys { total expiring unused old refused } } }",
  `{ executors(limit: 100) { ${EXECUTOR} } }`,
  `{ apiKeys(limit: 100) { ${KEY} usedBy(limit: 2) { executor { name } lastUsedAt } usedByCount } }`,
  "{ auditEvents(limit: 100) { id at actor action targetType targetId targetName details source } }",
];
const INTERVAL_MS = 5000;

const answer = z.object({ errors: z.undefined().optional(), data: z.record(z.string(), z.unknown()) });

/** Asks on the management socket of a control plane as its open pages do, until it is disposed. */
export class OpenPages implements AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #pages: Promise<unknown>;

  constructor(socketPath: string) {
    this.#pages = Promise.all(QUERIES.map((query) => this.#poll(socketPath, query)));
    // It is told at the end.
    this.#pages.catch(() => {});
  }

  /** Rejects if an answer was not what a page can show. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#pages;
  }

  async #poll(socketPath: string, query: string): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      answer.parse(JSON.parse(await ask(socketPath, query)));
      await pause(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function ask(socketPath: string, query: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    request({ socketPath, path: "/graphql", method: "POST", headers }, (response) =>
      text(response).then(resolve, reject),
    )
      .on("error", reject)
      .end(JSON.stringify({ query }));
  });
}
