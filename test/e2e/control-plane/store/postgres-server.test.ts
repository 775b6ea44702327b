import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { lacksPostgres } from "../../../support/control-plane/postgres.ts";
import { eventually } from "../../../support/eventually.ts";

const FIXTURE = new URL("../../../support/control-plane/postgres.ts", import.meta.url).href;
const PROGRAM = `const { postgresServer } = await import(${JSON.stringify(FIXTURE)});
  console.log(JSON.stringify(await postgresServer()));
  setInterval(() => {}, 1000);`;

it.skipIf(lacksPostgres())(
  "the PostgreSQL server of the tests ends with them, also if they are killed",
  async () => {
    const tests = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(tests, "exit");
    const [line] = await once(tests.stdout, "data");
    const { folder } = z.object({ folder: z.string() }).parse(JSON.parse(String(line)));
    const [pid = ""] = readFileSync(join(folder, "data/postmaster.pid"), "utf8").split("\n");
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    tests.kill("SIGKILL");
    await ended;
    await eventually(() => !existsSync(`/proc/${pid}`) && !existsSync(folder), {
      describe: "the server and its folder are gone",
    });
  },
);
