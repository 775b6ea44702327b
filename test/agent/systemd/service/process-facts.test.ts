import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { databaseText, placeIn, processFacts } from "../../../../src/agent/systemd/service/process-facts.ts";

/** A process with that name and environment, in a folder of its own. */
async function running(name: string, env: NodeJS.ProcessEnv) {
  const cwd = mkdtempSync(join(tmpdir(), "novacula-facts-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  symlinkSync("/bin/cat", join(cwd, name));
  const child = spawn(join(cwd, name), ["--", "-", "secret-argument"], { cwd, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return { cwd, facts: await processFacts(child.pid ?? 0, name.slice(0, 15)) };
}

describe("what /proc shows of a process", () => {
  it("is its whole name, its user, since when it runs, its folder and its database", async () => {
    const { cwd, facts } = await running("novacula-control-plane", { DATABASE_URL: "file:cp.db" });
    expect(facts).toMatchObject({
      name: "novacula-control-plane",
      facts: { user: userInfo().username, folder: cwd, database: join(cwd, "cp.db") },
    });
    const own = await processFacts(process.pid, "node");
    const hours = (Date.now() - (own?.facts.sinceMs ?? 0)) / 3_600_000;
    expect(Math.abs(hours - process.uptime() / 3600)).toBeLessThan(1);
  });

  it("has no database for another program, and the usual one without DATABASE_URL", async () => {
    expect((await running("nginx", { A: "b" })).facts?.facts.database).toBeUndefined();
    expect((await running("novacula-control-plane", { A: "b" })).facts?.facts.database).toBe(
      "/var/lib/novacula-control-plane/control-plane.db",
    );
  });

  it("never has a password", async () => {
    const url = "postgres://novacula:hidden-word@db.example.com:5433/cp?password=hidden-word";
    const { facts } = await running("novacula-control-plane", { DATABASE_URL: url });
    expect(facts?.facts.database).toBe("cp of PostgreSQL at db.example.com:5433");
    expect(JSON.stringify(facts)).not.toMatch(/hidden-word|secret-argument/u);
  });

  it("is nothing of one that has ended", async () => {
    expect(await processFacts(2 ** 30, "gone")).toBeUndefined();
  });
});

it.each([
  ["file:/srv/cp.db", "/srv/cp.db"],
  ["file:///srv/cp.db?mode=rwc", "/srv/cp.db"],
  ["file:cp.db", "/home/cp.db"],
  ["", "/var/lib/novacula-control-plane/control-plane.db"],
  ["postgresql:///cp?host=/run/postgresql", "cp of PostgreSQL at /run/postgresql"],
  ["postgres://a:b@/cp", undefined],
  ["hidden-word", undefined],
])("DATABASE_URL=%s is %s", (url, shown) => {
  expect(databaseText(url, "/home")).toBe(shown);
});

it.each([
  ["0::/system.slice/nginx.service\n", { unit: "nginx.service", session: undefined }],
  ["0::/system.slice/nginx.service/worker\n", { unit: "nginx.service", session: undefined }],
  ["0::/user.slice/user-1000.slice/session-3.scope\n", { unit: undefined, session: "3" }],
  [
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/cp.service",
    { unit: undefined, session: undefined },
  ],
  ["9:name=systemd:/system.slice/a.service\n8:pids:/\n0::/\n", { unit: "a.service", session: undefined }],
  ["0::/../..\n", { unit: undefined, session: undefined }],
  ["", { unit: undefined, session: undefined }],
])("the cgroups %j are %o", (groups, place) => {
  expect(placeIn(groups)).toEqual(place);
});
