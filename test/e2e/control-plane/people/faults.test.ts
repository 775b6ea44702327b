import { execFileSync, spawnSync } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { StoreUnavailable } from "../../../../src/control-plane/store/contract/store.ts";
import { asStoreError } from "../../../../src/control-plane/store/sqlite/rows/unavailable.ts";
import { SYNC_EXECUTOR } from "../../../../src/protocol/operations.ts";
import { noteKey } from "../../../support/canary.ts";
import type { TestControlPlane } from "../../../support/control-plane/control-plane.ts";
import { SYNC_INPUT } from "../../../support/control-plane/control-plane-server.ts";
import {
  type Browser,
  openBrowser,
  PASSWORD,
  startPeopleServer,
  startWithPeople,
} from "../../../support/control-plane/people.ts";
import { diskOf, holdLog, LACKS_PRIVATE_MOUNTS } from "../../../support/control-plane/small-disk.ts";
import { eventually } from "../../../support/eventually.ts";
import { lacks } from "../../../support/requires.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const CREATE = 'mutation { createApiKey(input: { name: "prod" }) { secret apiKey { id } } }';
const issued = z.object({
  createApiKey: z.object({ secret: z.string(), apiKey: z.object({ id: z.string() }) }),
});
const SIZE_KIB = 2048;

async function start() {
  const directory = tempDir();
  const controlPlane = await startWithPeople({
    directory,
    smallDiskKiB: SIZE_KIB,
    socketPath: `${tempDir()}/m.sock`,
  });
  onTestFinished(async () => void (await controlPlane.kill()));
  return { controlPlane, disk: diskOf(controlPlane.pid, directory), ...(await signedIn(controlPlane)) };
}

async function signedIn(controlPlane: TestControlPlane) {
  const admin = openBrowser(controlPlane.url);
  await admin.signIn();
  const { secret } = issued.parse((await admin.graphql(CREATE)).data).createApiKey;
  noteKey(secret);
  return { admin, secret };
}

function sync(controlPlane: TestControlPlane, secret: string, name = "agent-1") {
  const executor = openBrowser(controlPlane.url);
  const input = { ...SYNC_INPUT, name };
  return executor.graphql(SYNC_EXECUTOR, { input }, { authorization: `Bearer ${secret}`, origin: "" });
}

async function creations(admin: Browser): Promise<number> {
  const answer = await admin.graphql('{ auditEvents(action: "api_key.created", limit: 500) { id } }');
  return z.object({ auditEvents: z.array(z.unknown()) }).parse(answer.data).auditEvents.length;
}

describe.skipIf(LACKS_PRIVATE_MOUNTS)("a disk that", () => {
  it("is full: agents and people get 503 and never 401, everything recovers, and no acknowledged event is lost", {
    timeout: 180_000,
  }, async () => {
    const { controlPlane, admin, secret, disk } = await start();
    expect((await sync(controlPlane, secret)).status).toBe(200);
    using _reader = await holdLog(controlPlane.pid, controlPlane.databasePath);
    disk.fill();
    let acknowledged = 1;
    const refused = await eventually(
      async () => {
        const answer = await admin.graphql(CREATE);
        if (answer.status === 200) {
          acknowledged += 1;
        }
        return answer.status === 200 ? undefined : answer;
      },
      { describe: "the disk is full", timeoutMs: 20_000 },
    );
    expect(refused).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    expect(refused.headers["retry-after"]).toBe("2");
    expect(refused.text).not.toMatch(/sqlite|enospc/i);
    expect(refused.text, "the reason, without the path").toMatch(
      /cannot use its database: the disk is full\. Try again later\. Its log says more/u,
    );
    await expect(
      controlPlane.createKey({ name: "more" }),
      "the operator's command names the disk",
    ).rejects.toThrow(
      /the disk is full\. The file system \S+ \(\S+\) is full.*Fix: free space on it\. To see its largest folders, the largest last, run:\s+sudo du -xh -d 3 \/\S* \| sort -h \| tail/su,
    );
    // A new executor needs a write, a known one does not. What is left of the write-ahead log may
    // have room for some smaller writes, but each leaves less.
    let newcomers = 1;
    await eventually(
      async () => {
        newcomers += 1;
        return (await sync(controlPlane, secret, `agent-${newcomers}`)).status === 503;
      },
      { describe: "an executor that is new is refused" },
    );
    expect((await sync(controlPlane, secret)).status).toBe(200);
    const stranger = openBrowser(controlPlane.url);
    const unsigned = await eventually(
      async () => {
        const answer = await stranger.signIn();
        return answer.status === 200 ? undefined : answer;
      },
      { describe: "a sign-in is refused", timeoutMs: 60_000 },
    );
    expect(unsigned).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    expect(unsigned.headers["retry-after"]).toBe("2");
    // The page can still read, and shows the refusal.
    expect(await creations(admin)).toBe(acknowledged);
    disk.empty();
    const recovered = await eventually(
      async () => {
        const answer = await admin.graphql(CREATE);
        return answer.status === 200 && answer;
      },
      { describe: "it works again" },
    );
    expect(issued.safeParse(recovered.data).success).toBe(true);
    expect(await creations(admin)).toBe(acknowledged + 1);
    expect((await sync(controlPlane, secret, "agent-2")).status).toBe(200);
    expect((await stranger.signIn()).status).toBe(200);
    await controlPlane.kill();
  });
});

describe.skipIf(lacks("prlimit", spawnSync("prlimit", ["--version"]).status === 0))("a disk that", () => {
  it("refuses writes: the same, and it recovers", async () => {
    const controlPlane = await startWithPeople({ maxFileBlocks: 1_000_000 });
    onTestFinished(async () => void (await controlPlane.kill()));
    const { admin, secret } = await signedIn(controlPlane);
    expect((await sync(controlPlane, secret)).status).toBe(200);
    const limitFiles = (sizeBytes: string) =>
      execFileSync("prlimit", ["--pid", String(controlPlane.pid), `--fsize=${sizeBytes}:`]);
    limitFiles("1");
    expect(await admin.graphql(CREATE)).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    expect((await sync(controlPlane, secret, "agent-2")).status).toBe(503);
    expect((await sync(controlPlane, secret)).status).toBe(200);
    expect(await openBrowser(controlPlane.url).signIn()).toMatchObject({ status: 503 });
    expect((await admin.graphql("{ apiKeys { id } }")).status).toBe(200);
    limitFiles("100000000");
    await eventually(async () => (await admin.graphql(CREATE)).status === 200, {
      describe: "it works again",
    });
    expect(await creations(admin)).toBe(2);
    expect((await sync(controlPlane, secret, "agent-2")).status).toBe(200);
  });
});

it("a sign-in while the database is moved away is told so, and does not count as a failure", async () => {
  const server = await startPeopleServer();
  const person = await server.signedIn("owner");
  renameSync(server.databasePath, `${server.databasePath}.moved`);
  const unavailable = {
    status: 503,
    code: "SERVICE_UNAVAILABLE",
    message: expect.stringMatching(/^the control plane cannot use its database: [^/]+\. Try again later/u),
  };
  for (let n = 0; n < 6; n += 1) {
    expect(await person.signIn(person.email, PASSWORD)).toMatchObject(unavailable);
  }
  const lines = server.lines.concat(server.people.lines).join("");
  expect(lines).not.toMatch(/"bug"|sign-in.refused/);
  renameSync(`${server.databasePath}.moved`, server.databasePath);
  expect((await person.signIn(person.email, PASSWORD)).status).toBe(200);
});

it("a read-only database is reported as a fault of the host, not as a bug", () => {
  const path = join(tempDir(), "cp.db");
  new DatabaseSync(path).exec("create table t (x)");
  const database = new DatabaseSync(path, { readOnly: true });
  const write = () => {
    try {
      database.exec("insert into t values (1)");
    } catch (error) {
      throw asStoreError(error, database);
    }
  };
  expect(write).toThrow(StoreUnavailable);
  expect(write).toThrow("the database is read-only");
});
