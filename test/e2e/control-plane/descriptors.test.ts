import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import {
  type ControlPlaneOptions,
  startControlPlane,
  type TestControlPlane,
} from "../../support/control-plane/control-plane.ts";
import { eventually } from "../../support/eventually.ts";

/** The program itself needs about forty of them. */
const MAX_OPEN_FILES = 100;
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

interface Connection {
  readonly socket: Socket;
  readonly received: string[];
}

async function start(options: ControlPlaneOptions = {}): Promise<TestControlPlane> {
  const controlPlane = await startControlPlane({ maxOpenFiles: MAX_OPEN_FILES, ...options });
  onTestFinished(async () => void (await controlPlane.stop()));
  await controlPlane.createOrganization("acme");
  return controlPlane;
}

/** Connects, and sends `request` if there is one. */
function open({ port }: TestControlPlane, sent = ""): Connection {
  const received: string[] = [];
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  socket.setEncoding("utf8").on("data", (text: string) => void received.push(text));
  onTestFinished(() => void socket.destroy());
  if (sent !== "") {
    socket.write(sent);
  }
  return { socket, received };
}

async function openMany(controlPlane: TestControlPlane, sent = ""): Promise<readonly Connection[]> {
  const all: Connection[] = [];
  for (let n = 0; n < 3 * MAX_OPEN_FILES; n += 1) {
    all.push(open(controlPlane, sent));
    // One after the other, so that connections which were answered stay open.
    await pause(sent === "" ? 1 : 10);
  }
  return all;
}

function isAnswered(connection: Connection): boolean {
  return connection.received.join("").startsWith("HTTP/1.1 200");
}

function said({ lines }: TestControlPlane): readonly unknown[] {
  return lines
    .filter((line) => line.includes('"event":"descriptors.exhausted"'))
    .map((line): unknown => JSON.parse(line));
}

const LINE = {
  level: "error",
  limit: MAX_OPEN_FILES,
  msg: expect.stringMatching(/no file descriptor is left.*LimitNOFILE=.*ulimit -n/),
};

it("silent connections are closed for others when descriptors run out, and one line names the fix", async () => {
  const controlPlane = await start();
  const silent = await openMany(controlPlane);
  const asking = open(controlPlane, HEALTH);
  await eventually(() => isAnswered(asking), { timeoutMs: 20_000, describe: "a new one is answered" });
  expect(readdirSync(`/proc/${controlPlane.pid}/fd`).length).toBeLessThan(MAX_OPEN_FILES);
  expect(await controlPlane.management("org", "list")).toMatchObject({ organizations: [{}] });
  expect(said(controlPlane)).toMatchObject([LINE]);
  for (const { socket } of silent) {
    socket.destroy();
  }
});

it("with all descriptors in use the newest connection is closed, the host's own commands work, and service resumes when some are free", async () => {
  const controlPlane = await start();
  const all = await openMany(controlPlane, HEALTH);
  const isOver = ({ socket }: Connection) => socket.destroyed;
  await eventually(() => all.every((each) => isOver(each) || isAnswered(each)), {
    timeoutMs: 20_000,
    describe: "each is answered or closed",
  });
  const served = all.filter(isAnswered);
  expect(served.length).toBeGreaterThan(10);
  expect(served.length).toBeLessThan(MAX_OPEN_FILES);
  expect(await controlPlane.management("org", "list")).toMatchObject({ organizations: [{}] });
  expect(await controlPlane.createKey()).toMatchObject({ name: "prod" });
  expect(said(controlPlane)).toMatchObject([LINE]);
  for (const { socket } of served.slice(0, 5)) {
    socket.destroy();
  }
  const next = await eventually(
    async () => {
      const connection = open(controlPlane, HEALTH);
      await pause(200);
      return isAnswered(connection) && connection;
    },
    { timeoutMs: 20_000, describe: "a new one is answered" },
  );
  expect(next.received.join("")).toContain("200 OK");
  expect(controlPlane.lines.filter((line) => line.includes('"level":"fatal"'))).toEqual([]);
});

it("a start with too few descriptors says so, with the fix", async () => {
  let message: string | undefined;
  for (let maxOpenFiles = 40; message === undefined && maxOpenFiles > 20; maxOpenFiles -= 1) {
    message = await startControlPlane({ maxOpenFiles }).then(
      async (controlPlane) => void (await controlPlane.stop()),
      String,
    );
  }
  expect(message).toMatch(/EMFILE: too many open files[\s\S]*raise LimitNOFILE= in the unit/);
  expect(message).not.toContain("a bug");
}, 120_000);
