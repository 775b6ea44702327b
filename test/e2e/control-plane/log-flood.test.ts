import { Client } from "undici";
import { describe, expect, it } from "vitest";
import { randomKey } from "../../../src/control-plane/keys/random-key.ts";
import { EVENTS } from "../../../src/control-plane/log/events.ts";
import { createLog } from "../../../src/control-plane/log/log.ts";
import { CURRENT_KEY, SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import {
  SYNC_INPUT,
  sendRaw,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { sourceFiles } from "../../support/source-files.ts";

/** Far more than a log may have lines; test:long tries ten thousand. */
const ATTACKS = Number(process.env["NOVACULA_ATTACKS"] ?? 2000);
const PARALLEL = 32;
/** Lines that outsiders can cause: 20 at once. Lines about existing keys or executors: 100. */
const ANYBODY = 20;
const KNOWN = 100;

/** A log at its default level, and a clock that a test moves. */
function testLog() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const log = createLog(
    { level: "info", format: "json" },
    { write: (line: string) => void lines.push(line) },
    () => clock.now,
  );
  const of = (event: string) => lines.filter((line) => line.includes(`"event":"${event}"`));
  return { ...log, lines, clock, of };
}

/** Without the types that bind an event to its level. */
interface AnyLogger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

type TestLog = ReturnType<typeof testLog>;

async function attackedServer(): Promise<{ server: TestServer; log: TestLog }> {
  const log = testLog();
  const server = await startServer({ logger: log.logger });
  await server.createOrganization("acme");
  return { server, log };
}

/** Runs `attack` so many times, several at once, each on its own connection. */
async function repeat(url: string, attack: (client: Client, n: number) => Promise<unknown>): Promise<void> {
  let n = 0;
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      const client = new Client(url);
      while (n < ATTACKS) {
        await attack(client, n++);
      }
      await client.close();
    }),
  );
}

const JSON_TYPE = { "content-type": "application/json" };
const bearer = (secret: string) => ({ ...JSON_TYPE, authorization: `Bearer ${secret}` });
const syncBody = (input: object) =>
  JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: { ...SYNC_INPUT, ...input } } });
const checkBody = (executorName: string) =>
  JSON.stringify({ query: CURRENT_KEY, variables: { input: { executorName } } });

describe("thousands of hostile requests write a bounded log", { timeout: 120_000 }, () => {
  it.each<[what: string, headers: (n: number) => Record<string, string>]>([
    ["with invented keys", () => bearer(randomKey())],
    ["with what is no key", (n) => ({ ...JSON_TYPE, authorization: `Basic ${n}` })],
    [
      "with invented keys, from invented addresses",
      (n) => ({ ...bearer(randomKey()), "x-forwarded-for": `203.0.${n >> 8}.${n % 256}` }),
    ],
  ])("%s", async (_what, headers) => {
    const { server, log } = await attackedServer();
    await repeat(server.url, (client, n) => sendRaw(client, headers(n), syncBody({})));
    expect(log.of("key.refused").length).toBeLessThanOrEqual(ANYBODY);
    expect(log.lines.join("").length).toBeLessThan(30_000);
  });

  it("with one valid key and changing names that another key serves", async () => {
    const { server, log } = await attackedServer();
    const [one, two] = [await server.createKey({ name: "one" }), await server.createKey({ name: "two" })];
    await server.sync(one.secret, { name: "host-1" });
    await server.sync(two.secret, { name: "host-2" });
    const other = await server.createOrganization("other");
    const wrong = (n: number) =>
      n % 2 === 0
        ? checkBody("host-1")
        : syncBody({ name: `invented-${n}`, expectedOrganizationId: other, instanceId: `${n}` });
    await repeat(server.url, (client, n) => sendRaw(client, bearer(two.secret), wrong(n)));
    expect(log.of("executor.refused").length).toBeLessThanOrEqual(5);
    expect(log.lines.join("").length).toBeLessThan(10_000);
  });

  it("with one valid key whose clones change their identity each time", async () => {
    const { server, log } = await attackedServer();
    const { secret } = await server.createKey();
    const instanceId = (n: number) => (n % 2 === 0 ? "constant" : `invented-${n}`);
    await repeat(server.url, (client, n) =>
      sendRaw(client, bearer(secret), syncBody({ instanceId: instanceId(n), hostName: `h${n}` })),
    );
    expect(log.of("executor.duplicate").length + log.of("executor.duplicate-gone").length).toBe(1);
  });

  it("with bodies and media types that are not accepted", async () => {
    const { server, log } = await attackedServer();
    const { secret } = await server.createKey();
    const before = log.lines.length;
    await repeat(server.url, (client, n) =>
      n % 2 === 0
        ? sendRaw(client, { ...bearer(secret), "content-type": `text/${n}` }, "x")
        : sendRaw(client, bearer(secret), `{ "query": "{ nothing${n} }" }`),
    );
    expect(log.lines.length).toBe(before);
  });

  it("and still log the refusal of a known key", async () => {
    const { server, log } = await attackedServer();
    const revoked = await server.createKey({ name: "revoked" });
    await server.revokeKey(revoked.id);
    await repeat(server.url, async (client, n) => {
      await sendRaw(client, bearer(randomKey()), syncBody({}));
      if (n === ATTACKS / 2) {
        await sendRaw(client, bearer(revoked.secret), syncBody({}));
      }
    });
    expect(log.of("key.refused").filter((line) => line.includes(`"keyId":"${revoked.id}"`))).toHaveLength(1);
  });

  it("and one key's changing names do not hide the refusals of another", async () => {
    const { server, log } = await attackedServer();
    const keys = [];
    for (const name of ["loud", "quiet"]) {
      keys.push(await server.createKey({ name }));
      await server.sync(keys.at(-1)?.secret ?? "", { name: `host-of-${name}` });
    }
    const [loud, quiet] = keys;
    const wrong = await server.createOrganization("other");
    const refused = (name: string) => syncBody({ name, expectedOrganizationId: wrong });
    await repeat(server.url, (client, n) => sendRaw(client, bearer(loud?.secret ?? ""), refused(`n${n}`)));
    await server.sync(quiet?.secret ?? "", { expectedOrganizationId: wrong });
    expect(log.of("executor.refused").some((line) => line.includes(`"keyId":"${quiet?.id}"`))).toBe(true);
  });
});

const EVENT_NAMES = Object.entries(EVENTS)
  .filter(([name, { level }]) => level !== "debug" && name !== "log.left-out")
  .map(([name]) => name);

describe("every event above debug", () => {
  it.each(EVENT_NAMES)(
    "%s: of thousands of lines a bounded number is written, and one line counts the rest",
    (event) => {
      const log = testLog();
      const logger: AnyLogger = log.logger;
      for (let n = 0; n < ATTACKS; n += 1) {
        const err = new Error(`an outsider's text ${n}\n<0>forged`);
        logger.error({ event, address: `203.0.113.${n % 7}`, err }, "failed");
        logger.warn({ event, executorId: `${n}`, executor: "x".repeat(100) }, "failed");
      }
      expect(log.of(event).length).toBeLessThanOrEqual(ANYBODY + KNOWN);
      expect(Math.max(...log.lines.map((line) => line.length))).toBeLessThan(5000);
      log.clock.now = 61_000;
      log.close();
      const last = JSON.parse(log.lines.at(-1) ?? "");
      expect(last).toMatchObject({
        event: "log.left-out",
        of: event,
        count: 2 * ATTACKS - log.of(event).length,
        seconds: 61,
        addresses: 7,
      });
      expect(last.msg).toContain("LOG_LEVEL=debug");
    },
  );

  it("comes from the one logger that is bounded", () => {
    const makers = sourceFiles().filter(
      ({ program, text }) => program === "control-plane" && /\bpino\(/.test(text),
    );
    expect(makers.map(({ path }) => path)).toEqual(["src/control-plane/log/log.ts"]);
  });
});

it("continues with one line a minute about what outsiders cause, for as long as it lasts", () => {
  const log = testLog();
  for (let minute = 0; minute < 60; minute += 1) {
    log.clock.now = minute * 60_000;
    for (let n = 0; n < 1000; n += 1) {
      log.logger.warn({ event: "key.refused" }, "refused");
    }
  }
  expect(log.of("key.refused").length).toBeLessThanOrEqual(ANYBODY + 60);
});

it("is not bounded at debug level", () => {
  const lines: string[] = [];
  const { logger } = createLog(
    { level: "debug", format: "json" },
    { write: (line: string) => void lines.push(line) },
    () => 0,
  );
  for (let n = 0; n < 500; n += 1) {
    logger.warn({ event: "key.refused" }, "refused");
  }
  expect(lines).toHaveLength(500);
});

it("shows the name, message and stack of an error, printable, and none of its other properties", () => {
  const log = testLog();
  const err = Object.assign(new Error('bad\n<0>{"level":"fatal"}\u202e'), { body: { password: "hunter2" } });
  log.logger.error({ event: "bug", err }, "failed");
  expect(log.lines.join("")).not.toContain("hunter2");
  const { err: shown } = JSON.parse(log.lines[0] ?? "");
  expect(shown.message).toBe('bad <0>{"level":"fatal"}');
  expect(shown.stack.split("\n").every((line: string) => !line.includes("\u202e"))).toBe(true);
});
