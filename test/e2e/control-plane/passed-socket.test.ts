import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { request } from "node:http";
import { createServer, type ListenOptions } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { keepText } from "../../support/canary.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

const SOCKET = "novacula-control-plane.socket";

/** Runs a control plane to which somebody passes `descriptors` as systemd does: sd_listen_fds(3). */
function servePassed(descriptors: readonly number[], more: Readonly<Record<string, string>> = {}) {
  const folder = tempDir();
  const script = 'LISTEN_PID=$$ exec "$@"';
  const child = spawn("sh", ["-c", script, "sh", process.execPath, CONTROL_PLANE, "serve"], {
    env: {
      ...ENVIRONMENT,
      DATABASE_URL: `file:${join(folder, "cp.db")}`,
      MANAGEMENT_SOCKET: join(folder, "cp.sock"),
      LOG_FORMAT: "journal",
      ...more,
      LISTEN_FDS: String(descriptors.length),
      LISTEN_FDNAMES: descriptors.map(() => SOCKET).join(":"),
    },
    stdio: ["ignore", "pipe", "inherit", ...descriptors],
  });
  if (child.stdout === null) {
    throw new Error("no output");
  }
  return { child, output: text(child.stdout) };
}

/** A socket that listens, and its descriptor. */
async function listening(options: ListenOptions) {
  const server = createServer().listen(options);
  await once(server, "listening");
  const handle: unknown = Reflect.get(server, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof fd !== "number") {
    throw new Error("a listening socket without a descriptor");
  }
  return { server, fd };
}

async function failure(descriptors: readonly number[]): Promise<string> {
  const { child, output } = servePassed(descriptors);
  await once(child, "exit");
  keepText("passed-socket.txt", await output);
  expect(child.exitCode).not.toBe(0);
  return await output;
}

it.each([
  ["IPv4 loopback", "127.0.0.1", /listens on http:\/\/127\.0\.0\.1:\d+,/],
  ["IPv6 loopback", "::1", /listens on http:\/\/\[::1\]:\d+,/],
  ["every address", "::", /listens on http:\/\/\[::\]:\d+,/],
])("serves a passed socket of %s, and says its address", async (_name, host, words) => {
  const { server, fd } = await listening({ host, port: 0 });
  const { child, output } = servePassed([fd], { HOST: "", PORT: "3000" });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  // Only the child has the socket now. Its backlog keeps the request until somebody serves it.
  server.close();
  const answer = request({ host: host === "::" ? "::1" : host, port, path: "/healthz" }).end();
  const [response] = await once(answer, "response");
  expect(response.statusCode).toBe(200);
  response.resume();
  child.kill("SIGTERM");
  expect(await output).toMatch(words);
  expect(await output).toMatch(
    /settings\.odd: PORT=3000 is ignored, because novacula-control-plane\.socket listens .*disable --now novacula-control-plane\.socket/s,
  );
});

it("refuses a Unix socket, and says what the unit needs", async () => {
  const { server, fd } = await listening({ path: join(tempDir(), "listening.sock") });
  const output = await failure([fd]);
  expect(output).toMatch(/cannot serve the socket of novacula-control-plane\.socket: it is a Unix socket/);
  expect(output).toContain("sudo systemctl edit novacula-control-plane.socket");
  expect(output).not.toContain("listens on");
  server.close();
});

it("refuses what is no socket, and two of them", async () => {
  const file = openSync(join(tempDir(), "file"), constants.O_RDWR | constants.O_CREAT);
  const output = await failure([file]);
  closeSync(file);
  expect(output).toMatch(/cannot serve the socket of novacula-control-plane\.socket: E[A-Z]+\. Perhaps/);
  const [one, two] = [await listening({ port: 0 }), await listening({ port: 0 })];
  expect(await failure([one.fd, two.fd])).toContain("passes several sockets, but one can be served");
  one.server.close();
  two.server.close();
});
