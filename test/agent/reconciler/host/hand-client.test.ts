import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createHand } from "../../../../src/agent/reconciler/host/hand-client.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** A socket on which `answer` reacts to each request. */
async function listening(answer: (request: string, socket: Socket) => void): Promise<string> {
  const path = join(tempDir(), "hand.sock");
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => answer(data.toString(), socket));
  });
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  return path;
}

it("sends one line, and understands what was done and what was refused", async () => {
  const requests: string[] = [];
  const path = await listening((request, socket) => {
    requests.push(request);
    socket.end(request.startsWith("logs") ? "one\ntwo\nok\n" : "error it is not to run\n");
  });
  const hand = createHand(path);
  expect(await hand.ask("logs a 2")).toEqual({ kind: "ok", lines: ["one", "two"] });
  expect(await hand.ask("restart a")).toEqual({ kind: "refused", why: "it is not to run" });
  expect(requests).toEqual(["logs a 2\n", "restart a\n"]);
});

it("has one request in flight", async () => {
  let open = 0;
  let most = 0;
  const path = await listening((_request, socket) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      socket.end("ok\n");
    }, 20);
  });
  const hand = createHand(path);
  const answers = await Promise.all(["a", "b", "c", "d"].map((each) => hand.ask(each)));
  expect(answers.map(({ kind }) => kind)).toEqual(["ok", "ok", "ok", "ok"]);
  expect(most).toBe(1);
});

it.each([
  ["nothing", (socket: Socket) => socket.end(), "it ended without an answer"],
  ["half an answer", (socket: Socket) => socket.end("one\ntw"), "it ended without an answer"],
  ["silence", () => {}, "it did not answer within 0.2 s"],
  ["too much", (socket: Socket) => socket.end("x".repeat(5 * 1024 ** 2)), "its answer is larger than 4 MiB"],
])("does not trust %s", async (_what, behave, why) => {
  const path = await listening((_request, socket) => {
    behave(socket);
  });
  const limitMs = why.includes("0.2 s") ? 200 : 60_000;
  expect(await createHand(path, limitMs).ask("run a")).toEqual({ kind: "unavailable", why });
});

it("says that there is no socket, and goes on with the next request", async () => {
  const path = join(tempDir(), "hand.sock");
  const hand = createHand(path);
  expect(await hand.ask("run a")).toMatchObject({ kind: "unavailable", why: expect.stringContaining(path) });
  expect(await hand.ask("run a")).toMatchObject({ kind: "unavailable" });
});
