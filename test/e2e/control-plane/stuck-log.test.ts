import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Pool } from "undici";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** The real program. Nothing reads its log until the test does. */
async function startUnread(): Promise<{ child: ChildProcessByStdio<null, Readable, null>; pool: Pool }> {
  const directory = tempDir();
  const port = await freePort();
  const child = spawn(process.execPath, [CONTROL_PLANE, "serve"], {
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: `file:${join(directory, "control-plane.db")}`,
      PORT: String(port),
      LOG_LEVEL: "debug",
      LOG_FORMAT: "json",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 20 });
  onTestFinished(() => pool.destroy());
  await eventually(() => pool.request({ path: "/healthz", method: "GET" }).then(dumped, () => undefined), {
    timeoutMs: 20_000,
    describe: "the control plane answers",
  });
  return { child, pool };
}

async function dumped({ body, statusCode }: Awaited<ReturnType<Pool["request"]>>): Promise<number> {
  await body.dump();
  return statusCode;
}

/** Each is refused and logs two lines at debug level. */
async function refusals(pool: Pool, count: number): Promise<void> {
  const headers = { authorization: "Bearer exc_nobodyknowsthiskey", "content-type": "application/json" };
  for (let n = 0; n < count; n += 100) {
    const answers = Array.from({ length: 100 }, () =>
      pool.request({ path: "/graphql", method: "POST", headers, body: "{}" }).then(dumped),
    );
    for (const status of await Promise.all(answers)) {
      expect(status).toBe(401);
    }
  }
}

it("a log that nobody reads does not keep the control plane from stopping", async () => {
  const { child, pool } = await startUnread();
  await refusals(pool, 3000);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
}, 60_000);

const unread = z.object({ event: z.literal("log.unread"), count: z.number().positive() });

it("a log that is read again says how many lines were left out", async () => {
  const { child, pool } = await startUnread();
  await refusals(pool, 9000);
  const lines: unknown[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  await eventually(() => lines.find((line) => unread.safeParse(line).success), {
    timeoutMs: 20_000,
    describe: "the log says what was left out",
  });
  expect(await pool.request({ path: "/healthz", method: "GET" }).then(dumped)).toBe(200);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(lines.at(-1)).toMatchObject({ event: "stopped" });
}, 60_000);
