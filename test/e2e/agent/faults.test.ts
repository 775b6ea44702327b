import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UnreachableCause } from "../../../src/agent/sync/answer/sync-outcome.ts";
import { agentHome, render, startAgent } from "../../support/agent/agent-process.ts";
import { type Scene, setOnlineScene } from "../../support/agent/agent-scene.ts";
import type { Fault } from "../../support/agent/fault.ts";
import { FAULTS } from "../../support/agent/faults.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { testCertificates } from "../../support/certificates.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** The faults that test/sync shows to the client, shown to the whole agent: its state, its sentence, its memory, its return. */

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const STATES = {
  accepted: "online",
  refused: "key-refused",
  forbidden: "forbidden",
  unreachable: "unreachable",
} as const;

/** What an operator has to be told of each cause. */
const SENTENCES: Partial<Record<UnreachableCause, RegExp>> = {
  "answer-too-large": /more than 1 MiB|larger than|too (large|long)|header/i,
  "connection-lost": /closed|reset|lost|cut|ended|broke/i,
  "authorization-changed": /no Authorization header.*a proxy on the way removes the header/,
  "captive-portal": /a captive portal answers in place of .*\(511\)/,
  "foreign-refusal": /not as a control plane does/,
  "proxy-authentication": /407|proxy/i,
  "rate-limited": /asks for fewer requests/,
  redirect: /redirect/i,
  "rejected-request": /does not understand this agent's request|declined the request/,
  "server-error": /50\d|error/i,
  timeout: /within 10 s/,
};

const BRIEF = FAULTS.filter(({ expected }) => expected.lastsUntilDeadline !== true);
const LASTING = FAULTS.filter(({ expected }) => expected.lastsUntilDeadline === true);

async function suffer({ server, agent, key }: Scene, { behaviour, expected }: Fault): Promise<void> {
  server.respond(behaviour);
  await agent.post("retry");
  const state = STATES[expected.kind];
  const { reason } = await agent.waitForStatus((status) => status.state === state, 15_000);
  expect(reason).not.toMatch(UNPRINTABLE);
  expect(reason.length).toBeLessThan(1000);
  if (expected.kind === "refused") {
    expect(reason).toMatch(/ \(401[ ,)]/u);
  }
  if (expected.kind === "forbidden") {
    expect(reason).toMatch(/ \(403[ ,)]/u);
  }
  if (expected.kind === "unreachable") {
    expect(reason).toMatch(/ (is unreachable|answers, but cannot serve), since /);
  }
  if (expected.cause !== undefined) {
    expect(reason).toMatch(SENTENCES[expected.cause] ?? /^/);
  }

  server.respond(onlyFor([key]));
  await agent.post("retry");
  await agent.waitForStatus((status) => status.state === "online");
}

/** proc_pid_status(5): the most memory that it ever held, bytes. */
function peakMemoryBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmHWM:\s*(\d+) kB/)?.[1]) * 1024;
}

describe("an agent that meets one fault after the other", () => {
  let scene: Scene;
  let memoryBytes: number;
  beforeAll(async () => {
    scene = await setOnlineScene();
    memoryBytes = peakMemoryBytes(scene.agent.pid);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it.each(BRIEF.map((fault) => [fault.name, fault] as const))(
    "%s: says so, and is back",
    async (_name, fault) => {
      await suffer(scene, fault);
    },
  );

  it("has stayed small, sent its key nowhere else, and kept every line to one line", async () => {
    expect(peakMemoryBytes(scene.agent.pid) - memoryBytes).toBeLessThan(100 * 1024 * 1024);
    expect(scene.server.elsewhere).toEqual([]);
    for (const { event, message } of scene.agent.lines) {
      expect(event, message).not.toBe("stderr");
      expect(message).not.toMatch(UNPRINTABLE);
    }
    expect(await scene.agent.stop()).toBe(0);
  });
});

describe.concurrent("faults that take their time", () => {
  it.each(LASTING.map((fault) => [fault.name, fault] as const))("%s", async (_name, fault) => {
    await using scene = await setOnlineScene();
    await suffer(scene, fault);
  });

  it.each([
    ["short", 1],
    ["long", 5],
  ])(
    "a %s outage: online again with the next try, at most 15 s later",
    {
      timeout: 120_000,
    },
    async (_name, tries) => {
      await using scene = await setOnlineScene();
      const { server, agent } = scene;
      await server.stop();
      const { lastAttemptAt, nextAttemptAt } = await agent.waitForStatus(
        (status) =>
          status.state === "unreachable" && status.attempts >= tries && status.nextAttemptAt !== null,
        90_000,
      );
      const pauseMs = Date.parse(nextAttemptAt ?? "") - Date.parse(lastAttemptAt ?? "");
      // The plan of the agent, so no busy machine changes it. Times in JSON are whole milliseconds.
      expect(pauseMs).toBeLessThanOrEqual(15_001);
      await server.restart();
      await agent.waitForStatus((status) => status.state === "online", 60_000);
      await agent.waitForLine("control-plane.recovered", /^Online again at /);
      expect(
        agent.lines.filter(({ level }) => level === "error"),
        render(agent.lines),
      ).toEqual([]);
    },
  );
});

describe.concurrent("a control plane that cannot be talked to from the start", () => {
  it.each([
    ["an expired certificate", "expired", /expired|no longer valid/],
    ["a certificate for another name", "wrongName", /name|localhost/],
    ["a certificate that is not valid yet", "notYetValid", /not (yet )?valid|before/],
    ["a certificate of nobody", "selfSigned", /self-signed|signed|trust/],
  ] as const)("%s: the key stays here, and a fixed URL is taken", async (_name, which, sentence) => {
    const certificates = await testCertificates();
    await using server = await startFaultyServer({ tls: certificates[which] });
    await meet(server.url, server.requests, sentence);
  });

  it("nobody listens", async () => {
    await using server = await startFaultyServer();
    await server.stop();
    await meet(server.url, server.requests, /connection refused/);
  });

  it("a name that does not resolve", async () => {
    await meet("https://control-plane.invalid", [], /control-plane\.invalid|resolve|name/);
  });
});

/** Starts an agent against `url`, expects no request, and fixes the file. */
async function meet(url: string, requests: readonly unknown[], sentence: RegExp): Promise<void> {
  const directory = temporaryDirectory();
  const { caPem, good } = await testCertificates();
  try {
    await using fixed = await startFaultyServer({ tls: good });
    const key = makeKey();
    fixed.respond(onlyFor([key]));
    const caFile = join(directory.path, "ca.pem");
    writeFileSync(caFile, caPem);
    const home = agentHome(directory.path);
    home.write({ url, key, caFile });
    await using agent = startAgent(home);
    const line = await agent.waitForLine("control-plane.unreachable", /^/, 30_000);
    expect(line.message).toMatch(sentence);
    expect(line.message).toContain("The nodes keep running; next try at ");
    expect(requests).toEqual([]);
    home.write({ url: fixed.url, key, caFile });
    await agent.waitForStatus((status) => status.state === "online");
    expect(await agent.stop()).toBe(0);
  } finally {
    directory.remove();
  }
}
