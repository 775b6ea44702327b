import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { agentStatusSchema } from "../../../src/agent/daemon/status/status.ts";
import { agentHome } from "../../support/agent/agent-process.ts";
import { startFaultyServer } from "../../support/agent/faulty-server.ts";
import { notifications, notifyWrapper } from "../../support/agent/notify-receiver.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { onlyFor } from "../../support/only-for.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { AGENT } from "../../support/programs.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** pipe(7): what a pipe takes before its reader must. */
const PIPE_BYTES = 65_536;
/** More than a socket takes: socket(7). */
const SOCKET_BYTES = 4 * 1024 * 1024;

/** Where the agent's lines go. `fill` is in front of its command. */
interface Unread extends AsyncDisposable {
  readonly stdout: "pipe" | Socket;
  readonly fill: string;
}

async function fullPipe(): Promise<Unread> {
  const fill = `head -c ${PIPE_BYTES} /dev/zero && `;
  return { stdout: "pipe", fill, [Symbol.asyncDispose]: async () => {} };
}

/** As journald gives one to a service. */
async function fullSocket(folder: string): Promise<Unread> {
  const server = createServer({ pauseOnConnect: true });
  const path = join(folder, "reader");
  server.listen(path);
  await once(server, "listening");
  const accepted = once(server, "connection");
  const stdout = connect(path);
  await once(stdout, "connect");
  const [reader] = await accepted;
  // The kernel takes what it has room for, and the rest waits in this process.
  stdout.on("error", () => {}).write(Buffer.alloc(SOCKET_BYTES));
  return {
    stdout,
    fill: "",
    async [Symbol.asyncDispose]() {
      reader.destroy();
      stdout.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function ask(socketPath: string, method: string, path: string): Promise<string> {
  const question = request({ socketPath, method, path });
  question.end();
  const [response] = await once(question, "response");
  return await text(response);
}

it.each([
  ["pipe", fullPipe],
  ["socket", fullSocket],
] as const)(
  "an agent whose lines nobody reads from a %s goes on, feeds the watchdog, and stops",
  {
    timeout: 120_000,
  },
  async (_what, open) => {
    using directory = temporaryDirectory();
    await using unread = await open(directory.path);
    await using server = await startFaultyServer();
    const key = makeKey();
    server.respond(onlyFor([key]));
    const home = agentHome(directory.path);
    home.write({ url: server.url, key, level: "debug" });
    const [program = "", ...words] = [
      ...notifyWrapper("descriptor", directory.path),
      ...["sh", "-c", `${unread.fill}exec "$@"`, "sh"],
      ...[process.execPath, AGENT, "run", "-c", home.configPath],
    ];
    const agent = spawn(program, words, {
      env: { ...ENVIRONMENT, WATCHDOG_USEC: "1000000" },
      stdio: ["ignore", unread.stdout, "inherit"],
    });
    const exited = once(agent, "exit");
    try {
      const socketPath = join(home.runtimeDir, "agent.sock");
      const status = async () => agentStatusSchema.parse(JSON.parse(await ask(socketPath, "GET", "/status")));
      await eventually(async () => (await status()).state === "online", {
        describe: "online",
        timeoutMs: 30_000,
      });
      for (let round = 0; round < 500; round += 1) {
        await ask(socketPath, "POST", "/reload?wait=0");
      }
      const fed = () => notifications(directory.path).filter((line) => line.includes("WATCHDOG=1")).length;
      const before = { fed: fed(), requests: server.requests.length };
      await eventually(() => fed() >= before.fed + 2 && server.requests.length >= before.requests + 2, {
        describe: "a fed watchdog and more syncs",
        timeoutMs: 20_000,
      });
      expect((await status()).state).toBe("online");
      agent.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
    } finally {
      agent.kill("SIGKILL");
      await exited;
    }
  },
);
