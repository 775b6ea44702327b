import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import type { OUTPUTS } from "../../../src/control-plane/cli/management/outputs.ts";
import { errorOutput } from "../../../src/lib/command-line/command-error.ts";
import { startActingExecutor } from "../../support/control-plane/acting-executor.ts";
import {
  runCommand,
  runCommandAnswering,
  startControlPlane,
  type TestControlPlane,
} from "../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../support/control-plane/executor-syncs.ts";
import { ADMIN, startWithPeople } from "../../support/control-plane/people.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { lacks } from "../../support/requires.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function started(): Promise<TestControlPlane> {
  const controlPlane = await startControlPlane();
  onTestFinished(async () => void (await controlPlane.stop()));
  return controlPlane;
}

/** acme, with a key that an online executor uses. */
async function startedInUse() {
  const controlPlane = await started();
  const key = await controlPlane.createKey();
  expect((await createExecutorSyncs(controlPlane.url, key.secret, "agent-1").one())?.status).toBe(200);
  return { controlPlane, key, socket: ["--socket", controlPlane.socketPath] };
}

describe("with --json", () => {
  it("every command prints one object of its published schema", { timeout: 90_000 }, async () => {
    const controlPlane = await startWithPeople({ env: { HEARTBEAT_TIMEOUT_MS: "500" } });
    onTestFinished(async () => void (await controlPlane.stop()));
    const fits = (name: keyof typeof OUTPUTS, printed: unknown) => {
      const path = `../../../docs/schemas/novacula-control-plane/${name.replace(" ", "-")}.schema.json`;
      const schema = z.fromJSONSchema(JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")));
      expect(schema.safeParse(printed).error, name).toBeUndefined();
    };
    const run = async (name: keyof typeof OUTPUTS, ...args: string[]) => {
      const printed = await controlPlane.management(...name.split(" "), ...args);
      fits(name, printed);
      return printed;
    };
    const backedUp = await runCommand(["backup", join(tempDir(), "copy.db"), "--json"], {
      DATABASE_URL: `file:${controlPlane.databasePath}`,
    });
    fits("backup", JSON.parse(backedUp.stdout));
    await run("org create", "Acme");
    await run("org list");
    const org = ["--org", "acme"];
    await run("keys create", "--name", "prod", "--expires-in-days", "90", ...org);
    const issued = z.object({ secret: z.string() });
    const { secret } = issued.parse(await run("keys rotate", "prod", "--grace-days", "1", ...org));
    await createExecutorSyncs(controlPlane.url, secret, "agent-1").one();
    await run("executors list", ...org);
    const acting = await startActingExecutor(controlPlane.url, secret);
    const litecoin = ["--executor", "agent-1", "--chain", "litecoin", "--network", "regtest"];
    await run("nodes create", "--name", "ltc-1", ...litecoin, "--wait", ...org);
    await run("nodes list", ...org);
    await run("nodes show", "ltc-1", ...org);
    await run("nodes update", "ltc-1", "--set", "node.dbcache=300", ...org);
    await run("nodes restart", "ltc-1", ...org);
    await run("nodes stop", "ltc-1", ...org);
    await run("nodes start", "ltc-1", ...org);
    await run("nodes delete", "ltc-1", "--delete-data", "--confirm", "ltc-1", "--wait", ...org);
    await acting.stop();
    await run("keys list", ...org);
    await run("keys revoke", "prod", ...org);
    await run("keys delete", "prod", ...org);
    await run("audit list", ...org);
    await run("people add", ADMIN.email, "--role", "owner", ...org);
    await run("people list");
    await run("people reset-password", ADMIN.email);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await run("executors delete", "agent-1", "--revoke-keys", "--yes", ...org);
  });

  it.each([
    [["keys", "revoke", "nothing"], 4, "not_found"],
    [["keys", "list", "--org", "none"], 4, "not_found"],
    [["keys", "revoke", "same"], 5, "ambiguous"],
    [["org", "create", "acme"], 1, "refused"],
    [["keys", "list", "--limit"], 64, "usage"],
    [["frobnicate"], 64, "usage"],
    [["keys"], 64, "usage"],
  ] as const)("%j fails with one object on stderr", async (args, exitCode, code) => {
    const controlPlane = await started();
    await controlPlane.createKey({ name: "same" });
    await controlPlane.createKey({ name: "same" });
    const failed = await runCommand([...args, "--json", "--socket", controlPlane.socketPath]);
    expect(failed).toMatchObject({ exitCode, stdout: "" });
    const { error } = z
      .strictObject({ error: errorOutput.shape.error.strict() })
      .parse(JSON.parse(failed.stderr));
    expect(error).toMatchObject({ code, exitCode });
  });

  it("a control plane that does not run, and a wrong environment, are told apart", async () => {
    const absent = await runCommand(["org", "list", "--json", "--socket", "/nonexistent/management.sock"]);
    expect(JSON.parse(absent.stderr)).toMatchObject({ error: { code: "not_running", exitCode: 3 } });
    const wrong = await runCommand(["org", "list", "--json"], { DATABASE_URL: "mysql://x" });
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: "configuration", exitCode: 78 } });
  });

  it.each([
    ["failed", 1, { DATABASE_URL: "file:/nonexistent/control-plane.db" }],
    ["configuration", 78, { DATABASE_URL: "mysql://x" }],
  ])("a backup that ends with %s says so as JSON", async (code, exitCode, environment) => {
    const failed = await runCommand(["backup", join(tempDir(), "copy.db"), "--json"], environment);
    expect(failed).toMatchObject({ exitCode, stdout: "" });
    expect(JSON.parse(failed.stderr)).toMatchObject({ error: { code, exitCode } });
  });
});

describe("a key that an online executor uses", () => {
  it.each(["revoke", "rotate"])("is not ended by %s without a confirmation", async (verb) => {
    const { controlPlane, key, socket } = await startedInUse();
    const unasked = await runCommand(["keys", verb, key.id, ...socket]);
    expect(unasked).toMatchObject({ exitCode: 64, stdout: "" });
    expect(unasked.stderr).toMatch(
      /Key prod is in use by agent-1\. There is no terminal to ask on: confirm with --yes/,
    );
    const refused = await runCommandAnswering(["keys", verb, key.id, ...socket], "\n");
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /in use by agent-1\.\nRevoke prod now\? This cannot be undone\. \[y\/N\] .*cancelled/s,
    );
    expect(await controlPlane.management("keys", "list")).toMatchObject({ keys: [{ status: "active" }] });
    const done = await runCommandAnswering(["keys", verb, key.id, ...socket], "yes\n");
    expect(done).toMatchObject({ exitCode: 0 });
  });

  it("is ended by --yes, and rotated with a grace without a question", async () => {
    const { key, socket } = await startedInUse();
    expect(await runCommand(["keys", "rotate", key.id, "--grace-days", "1", ...socket])).toMatchObject({
      exitCode: 0,
    });
    expect(await runCommand(["keys", "revoke", key.id, "--yes", ...socket])).toMatchObject({ exitCode: 0 });
  });

  it("is revoked without a question once its executor is offline, and if nobody ever used it", async () => {
    const controlPlane = await startControlPlane({ env: { HEARTBEAT_TIMEOUT_MS: "300" } });
    onTestFinished(async () => void (await controlPlane.stop()));
    const [used, unused] = [await controlPlane.createKey(), await controlPlane.createKey({ name: "spare" })];
    await createExecutorSyncs(controlPlane.url, used.secret, "agent-1").one();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const { id } of [used, unused]) {
      const revoked = await runCommand(["keys", "revoke", id, "--socket", controlPlane.socketPath]);
      expect(revoked).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });
});

describe.skipIf(lacks("script (Debian package bsdutils)", existsSync("/usr/bin/script")))(
  "a terminal",
  () => {
    /** What a terminal shows, 60 columns wide. */
    async function shown(
      controlPlane: TestControlPlane,
      line: string,
      env: Readonly<Record<string, string>>,
    ) {
      const command = `stty cols 60; ${process.execPath} ${CONTROL_PLANE} ${line} --socket ${controlPlane.socketPath}`;
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: { ...ENVIRONMENT, TERM: "xterm", ...env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      return await text(child.stdout);
    }

    it("shows the audit list in the pager, unless --no-pager says so or there is none", {
      timeout: 90_000,
    }, async () => {
      const controlPlane = await started();
      await controlPlane.createKey();
      const env = { PAGER: "sed 's/^/paged /'; env", SECRET: "hidden" };
      const paged = await shown(controlPlane, "audit list", env);
      expect(paged).toMatch(/^paged TIME .*\r\npaged 20.* api_key/);
      expect(paged).not.toContain("hidden");
      expect(await shown(controlPlane, "audit list --no-pager", env)).toMatch(/^TIME /);
      expect(await shown(controlPlane, "audit list", { PAGER: "/nonexistent" })).toMatch(/^TIME .*\r\n20/);
    });

    it("has tables as wide as it is, with coloured statuses", async () => {
      const controlPlane = await started();
      await controlPlane.createKey();
      const plain = await shown(controlPlane, "keys list", { NO_COLOR: "1" });
      expect(Math.max(...plain.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(60);
      expect(plain).toContain("…");
      expect(await shown(controlPlane, "keys list --wide", {})).toContain("\u001b[32mactive\u001b[0m");
    });
  },
);

describe("options", () => {
  it("work before the command, and NOVACULA_ORG names the organization", async () => {
    const controlPlane = await started();
    await controlPlane.createOrganization("acme");
    await controlPlane.createOrganization("zeta");
    const key = await controlPlane.createKey({ org: "zeta" });
    const { socketPath } = controlPlane;
    const before = await runCommand(["--socket", socketPath, "--org=zeta", "keys", "list", "--quiet"]);
    expect(before).toEqual({ exitCode: 0, stdout: `${key.id}\n`, stderr: "" });
    const between = await runCommand(["keys", "--org", "acme", "list", "--quiet", "--socket", socketPath]);
    expect(between).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    const list = ["keys", "list", "--quiet", "--socket", socketPath];
    expect((await runCommand(list, { NOVACULA_ORG: "zeta" })).stdout).toBe(`${key.id}\n`);
    expect((await runCommand([...list, "--org", "acme"], { NOVACULA_ORG: "zeta" })).stdout).toBe("");
    expect(await runCommand(list, { NOVACULA_ORG: "" })).toMatchObject({ exitCode: 5 });
    const wrong = await runCommand(list, { NOVACULA_ORG: "none" });
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("which NOVACULA_ORG names") });
  });

  it("of a listing leave out the headings, and exclude each other", async () => {
    const controlPlane = await started();
    await controlPlane.createOrganization("acme");
    const socket = ["--socket", controlPlane.socketPath];
    expect((await runCommand(["org", "list", "--no-header", ...socket])).stdout).toMatch(
      /^acme {2}acme {2}\w+\n$/,
    );
    expect(await runCommand(["org", "list", "--quiet", "--json", ...socket])).toMatchObject({ exitCode: 64 });
    expect(await runCommand(["backup", "--org", "acme", "x"])).toMatchObject({ exitCode: 64 });
  });
});
