import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { KeptSocket } from "../../../src/agent/daemon/kept-socket.ts";
import type { Entry } from "../../../src/agent/journal/entry.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function openSocket() {
  const path = join(tempDir(), "agent.sock");
  const said: Entry[] = [];
  const serve = () => createServer((_request, response) => response.end("yes"));
  const socket = new KeptSocket(path, serve, (entry) => void said.push(entry));
  await socket.open();
  onTestFinished(() => socket.close());
  return { path, socket, said };
}

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, agent: false }, (incoming) =>
      text(incoming).then(resolve, reject),
    );
    outgoing.on("error", reject).end();
  });
}

it("close ends the connections that are open, removes the file, and makes none again", async () => {
  const { path, socket, said } = await openSocket();
  expect(await ask(path)).toBe("yes");
  const idle = connect(path);
  await once(idle, "connect");
  const ended = once(idle.resume(), "close");
  socket.close();
  await ended;
  expect(existsSync(path)).toBe(false);
  // Longer than it looks for a lost socket.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(existsSync(path)).toBe(false);
  expect(said).toEqual([]);
});

it("close leaves a file alone that another program has put in its place", async () => {
  const { path, socket } = await openSocket();
  rmSync(path);
  writeFileSync(path, "mine");
  socket.close();
  expect(existsSync(path)).toBe(true);
});

it("close ends the new socket and the one before it, to which somebody is still connected", async () => {
  const { path, socket, said } = await openSocket();
  const before = connect(path);
  await once(before, "connect");
  rmSync(path);
  await eventually(() => said.some(({ event }) => event === "socket.restored"), { describe: "it is back" });
  expect(await ask(path)).toBe("yes");
  const after = connect(path);
  await once(after, "connect");
  const ended = Promise.all([once(before.resume(), "close"), once(after.resume(), "close")]);
  socket.close();
  await ended;
  expect(existsSync(path)).toBe(false);
});
