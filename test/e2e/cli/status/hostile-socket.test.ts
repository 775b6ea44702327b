import { mkdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { home } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const UNPRINTABLE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
const HOSTILE = "a\u001b[2Jb\u0007\u009b31m\u202e\u2028<0>\r\nc\u007f";
const MIB = 1024 * 1024;

const status = (text: string) => ({
  state: "online",
  since: "2026-01-01T00:00:00Z",
  reason: text,
  executor: text,
  controlPlane: text,
  organization: { id: text, name: text },
  key: { fingerprint: text, id: text, name: text, source: text, endsAt: null },
  lastAcceptedAt: null,
  lastAttemptAt: null,
  nextAttemptAt: null,
  attempts: 1,
  pendingChange: { fingerprint: text, state: "refused", reason: text },
  configPath: text,
  dataDir: text,
  pid: 1,
  version: text,
  startedAt: "2026-01-01T00:00:00Z",
});

function whole(body: string): (socket: Socket) => void {
  return (socket) => void socket.end(`${HEAD}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** For as long as somebody listens. */
function forever(first: string, next: string, everyMs: number): (socket: Socket) => void {
  return (socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.writableLength < MIB && socket.write(next), everyMs);
    socket.once("close", () => clearInterval(timer));
  };
}

const ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  "closes at once": (socket) => void socket.destroy(),
  "says nothing": () => {},
  "is no HTTP": (socket) => void socket.end("hello\r\n\r\n"),
  "drips its headers": forever("HTTP/1.1 200 OK\r\n", "a: b\r\n", 500),
  "drips its body": forever(`${HEAD}\r\n{`, " ", 500),
  "never ends": forever(`${HEAD}\r\n"`, "a".repeat(65_536), 1),
  "says 100 for ever": forever("", "HTTP/1.1 100 Continue\r\n\r\n", 500),
  "is too large": whole(JSON.stringify(status("a".repeat(MIB)))),
  "is no JSON": whole("{"),
  "is very deep": whole("[".repeat(500_000)),
  "is deep and valid": whole(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  "is another JSON": whole('{"state":"online"}'),
  "has a number that is none": whole(JSON.stringify({ ...status("a"), pid: 1.5 })),
  "has a moment that is none": whole(JSON.stringify({ ...status("a"), since: "yesterday\n" })),
};

async function withSocket<T>(
  answer: (socket: Socket) => void,
  use: (configPath: string) => Promise<T>,
): Promise<T> {
  using place = home();
  place.write({ url: "http://127.0.0.1:9", key: makeKey() });
  mkdirSync(place.runtimeDir, { recursive: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(join(place.runtimeDir, "agent.sock"), resolve));
  try {
    return await use(place.configPath);
  } finally {
    server.close();
  }
}

describe.concurrent("a socket that", () => {
  it.for(Object.entries(ANSWERS))(
    "%s: no command hangs, and each says that it cannot tell",
    {
      timeout: 120_000,
    },
    async ([_name, answer]) => {
      const commands = [["status"], ["status", "--json"], ["reload", "--wait"], ["retry"]];
      const results = commands.map((words) => withSocket(answer, (path) => command([...words, "-c", path])));
      // At the same time: some answers cost each of them its whole patience.
      for (const { code, stdout, stderr } of await Promise.all(results)) {
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).not.toMatch(UNPRINTABLE);
        expect(stderr.length).toBeLessThan(1000);
      }
    },
  );

  it("has control characters in everything: none is printed", async () => {
    for (const words of [["status"], ["status", "--json"], ["reload", "--wait"], ["retry"], ["doctor"]]) {
      const { output } = await withSocket(whole(JSON.stringify(status(HOSTILE))), (path) =>
        command([...words, "-c", path]),
      );
      expect(output).not.toMatch(UNPRINTABLE);
      expect(output).not.toMatch(/^<0>/m);
    }
  });

  it("answers at once when it is asked to wait: it is not asked without pause", async () => {
    let questions = 0;
    const answer = whole(JSON.stringify(status("3fa9c1d2")));
    const count = (socket: Socket) => {
      questions += 1;
      answer(socket);
    };
    const words = ["status", "--wait-for", "key=5b1c77e0", "--timeout", "2"];
    await withSocket(count, (path) => command([...words, "-c", path]));
    expect(questions).toBeGreaterThan(1);
    expect(questions).toBeLessThan(15);
  });
});
