import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type ControlPlaneOptions,
  runCommand,
  runCommandAnswering,
  runControlPlane,
  startControlPlane,
  type TestControlPlane,
} from "../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../support/control-plane/executor-syncs.ts";
import { eventually } from "../../support/eventually.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function started(options: ControlPlaneOptions = {}): Promise<TestControlPlane> {
  const controlPlane = await startControlPlane(options);
  onTestFinished(async () => void (await controlPlane.stop()));
  return controlPlane;
}

/** The output of a command. */
async function text(controlPlane: TestControlPlane, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand([...args, "--socket", controlPlane.socketPath]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** The text on stderr of a command that ends with `code`. */
async function failure(controlPlane: TestControlPlane, code: number, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand([...args, "--socket", controlPlane.socketPath]);
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
  expect(stderr).toMatch(/^novacula-control-plane: /);
  return stderr;
}

it("serve ends where no folder can be made, instead of trying for ever", async () => {
  const { exitCode, stdout, stderr } = await runControlPlane(["serve"], {
    DATABASE_URL: "file:/proc/none/cp.db",
  });
  expect(exitCode).toBe(1);
  expect(`${stdout}${stderr}`).toMatch(/cannot create the folder \/proc\/none: ENOENT/);
});

describe("the commands", () => {
  it("lead an operator from an organization to a deleted key", async () => {
    const controlPlane = await started();
    expect(await text(controlPlane, "org", "create", "Ácme, Inc.")).toMatch(
      /^Created organization acme-inc \(Ácme, Inc\.\)\.\nNext, create a key for it: novacula-control-plane keys create --org acme-inc --name NAME --socket \S+\n$/,
    );
    expect(await text(controlPlane, "keys", "list")).toMatch(
      /^Organization acme-inc has no key yet. Create one: novacula-control-plane keys create --org acme-inc --name NAME --socket /,
    );
    const created = await text(controlPlane, "keys", "create", "--name", "prod", "--expires-in-days", "90");
    expect(created).toMatch(/shown this once.*\n\n\[control_plane\]\naccess_token = "exc_[a-zA-Z]{64}"\n$/s);
    expect(created.match(/exc_[a-zA-Z]{64}/g)).toHaveLength(1);
    expect(await text(controlPlane, "keys", "list")).toMatch(
      /^NAME +KEY ID .*\nprod +\w{32} +[0-9a-f]{8} +active +- +\S+ s ago +never +in \d+ d/,
    );
    expect(await text(controlPlane, "keys", "rotate", "prod", "--grace-days", "7")).toMatch(
      /^Rotated prod to prod \d{6}\. The old key, \w{32}, stays active until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\.\n/,
    );
    expect(await text(controlPlane, "keys", "revoke", "prod")).toMatch(
      /^Revoked key prod, \w{32}\. It is refused from now on\.\n$/,
    );
    expect(await text(controlPlane, "keys", "list")).toMatch(/\nprod +.* revoked +.* revoked \S+ s ago\n$/);
    expect(await text(controlPlane, "keys", "delete", "prod")).toMatch(/^Deleted key prod/);
    expect(await text(controlPlane, "executors", "list")).toMatch(/no executor yet/);
    const audit = await text(controlPlane, "audit", "list", "--limit", "3");
    expect(audit.split("\n").map((line) => line.split(/ {2,}/)[1])).toEqual([
      "ACTION",
      "api_key.deleted",
      "api_key.revoked",
      "api_key.updated",
      undefined,
    ]);
  });

  it("delete an executor after confirmation, if it is offline", async () => {
    const controlPlane = await started({ env: { HEARTBEAT_TIMEOUT_MS: "1500" } });
    const made = await controlPlane.createKey();
    const [one, two] = ["agent-1", "agent-2"].map((name) =>
      createExecutorSyncs(controlPlane.url, made.secret, name),
    );
    for (const syncs of [one, two]) {
      expect((await syncs?.one())?.status).toBe(200);
    }
    const socket = ["--socket", controlPlane.socketPath];
    const online = await failure(controlPlane, 1, "executors", "delete", "agent-1", "--yes");
    expect(online).toMatch(/agent-1 is online.*stop its agent first.*it can be deleted from 20/);
    await eventually(
      async () => (await controlPlane.executors()).every(({ status }) => status === "offline"),
      { describe: "both are offline" },
    );
    const unasked = await runCommand(["executors", "delete", "agent-1", ...socket]);
    expect(unasked).toMatchObject({ exitCode: 64, stdout: "" });
    expect(unasked.stderr).toMatch(/There is no terminal to ask on: confirm with --yes/);
    const refused = await runCommandAnswering(["executors", "delete", "agent-1", ...socket], "no\n");
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /No active key serves only this executor\.\nDelete executor agent-1\?.*\[y\/N\] .*cancelled\. Nothing was changed/s,
    );
    expect(await controlPlane.executors()).toHaveLength(2);
    const deleted = await runCommandAnswering(["executor", "delete", "agent-1", ...socket], "y\n");
    expect(deleted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Deleted executor agent-1, \w{32}\.\n$/),
    });
    const asJson = await controlPlane.management("executors", "delete", "agent-2", "--revoke-keys", "--yes");
    expect(asJson).toMatchObject({ executor: { name: "agent-2" }, revokedKeys: [{ id: made.id }] });
    expect(await text(controlPlane, "keys", "list")).toMatch(
      /revoked +\(before: agent-\d \(deleted\), agent-\d \(deleted\)\)/,
    );
    expect(await failure(controlPlane, 4, "executors", "delete", "agent-2", "--yes")).toMatch(
      /there is no executor agent-2\n +Fix: give the id or the name of one from: novacula-control-plane executors list --socket/,
    );
  });

  it("find a key by id, fingerprint or unique name, and list the candidates of an ambiguous name", async () => {
    const controlPlane = await started();
    const one = await controlPlane.createKey({ name: "same" });
    const two = await controlPlane.createKey({ name: "same" });
    const ambiguous = await failure(controlPlane, 5, "keys", "revoke", "same");
    expect(ambiguous).toMatch(/2 keys are called same\n.*Fix: give the id of one/s);
    for (const { id } of [one, two]) {
      expect(ambiguous).toContain(id);
    }
    await controlPlane.management("keys", "revoke", one.fingerprint);
    await controlPlane.management("keys", "revoke", two.id);
    expect(await failure(controlPlane, 1, "keys", "revoke", two.id)).toMatch(/is already revoked since/);
    expect(await failure(controlPlane, 4, "keys", "revoke", "nothing")).toMatch(
      /there is no key nothing\n +Fix: give the id/,
    );
    const pasted = await failure(controlPlane, 4, "keys", "revoke", one.secret);
    expect(pasted).toMatch(/that is the key itself/);
    expect(pasted).not.toContain(one.secret);
  });

  it("ask which organization is meant if there are several", async () => {
    const controlPlane = await started();
    expect(await failure(controlPlane, 4, "keys", "list")).toMatch(
      /there is no organization yet\n +Fix: novacula-control-plane org create NAME --socket/,
    );
    await controlPlane.createOrganization("acme");
    await controlPlane.createOrganization("zeta");
    expect(await failure(controlPlane, 5, "keys", "list")).toMatch(/name one with --org: acme, zeta/);
    expect(await failure(controlPlane, 4, "keys", "list", "--org", "no")).toMatch(
      /no organization no\n +Fix: name one with --org: acme, zeta/,
    );
    expect(await failure(controlPlane, 1, "org", "create", "acme")).toMatch(
      /slug acme already belongs to an organization/,
    );
    const key = await controlPlane.createKey({ org: "zeta" });
    await controlPlane.management("keys", "revoke", key.id);
  });

  it("print and exit the same way as a process", { timeout: 90_000 }, async () => {
    const controlPlane = await started();
    const socket = ["--socket", controlPlane.socketPath];
    expect(await runControlPlane(["org", "create", "acme", ...socket])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    const key = await runControlPlane(["keys", "create", "--name", "prod", ...socket]);
    expect(key.stdout).toMatch(/\naccess_token = "exc_[a-zA-Z]{64}"\n$/);
    expect(await runControlPlane(["keys", "revoke", "nobody", ...socket])).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
    expect(await runControlPlane(["keys", "lits"])).toMatchObject({ exitCode: 64, stdout: "" });
  });

  it.each([
    [["keys", "create"], 64, /needs a name: give one with --name/],
    [["keys", "create", "--name", "a", "--expires-in-days", "0"], 64, /must be a number of days/],
    [["keys", "create", "--name", "a", "--expires-at", "tomorrow"], 64, /must be an ISO 8601 time/],
    [
      ["keys", "create", "--name", "a", "--expires-at", "2026-01-01T00:00:00"],
      64,
      /must be an ISO 8601 time/,
    ],
    [["audit", "list", "--limit", "501"], 64, /must be an integer from 1 to 500/],
    [["keys", "lits"], 64, /Write list instead/],
    [["key", "--help"], 64, /unknown command 'key'\n +Write keys instead\./],
    [["nonsense"], 64, /unknown command/],
    [[], 64, /Usage:/],
    [
      ["keys", "list", "--socket", "/nonexistent/management.sock"],
      3,
      /no control plane listens on \/nonexistent\/management.sock\n +Fix: start it/,
    ],
  ])("%j ends with %i and a sentence", async (args, exitCode, why) => {
    const result = await runCommand(args);
    expect(result).toMatchObject({ exitCode, stdout: "" });
    expect(result.stderr).toMatch(why);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });

  it.each([
    "--help",
    "serve --help",
    "org create --help",
    "org list --help",
    "keys create --help",
    "keys list --help",
    "keys rotate --help",
    "keys revoke --help",
    "keys delete --help",
    "executors list --help",
    "executors delete --help",
    "audit list --help",
  ])("%s shows examples", async (line) => {
    const { exitCode, stdout } = await runCommand(line.split(" "));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: novacula-control-plane/);
    expect(stdout).toMatch(/\nExamples:\n {2}(?:# .*\n {2})?(?:\w+=\S+ |sudo )*novacula-control-plane/);
  });
});

describe("serve", () => {
  it("names every problem of its environment at once, and exits with 78", async () => {
    const env = { DATABASE_URL: "mysql://x", PORT: "many", TLS_CERT: "a.pem" };
    const { exitCode, stderr } = await runControlPlane(["serve"], env);
    expect(exitCode).toBe(78);
    for (const name of ["DATABASE_URL", "PORT", "TLS_CERT"]) {
      expect(stderr).toContain(`  ${name}: `);
    }
  });

  it("says what is wrong with a certificate, and exits with 78", async () => {
    const directory = tempDir();
    const env = { DATABASE_URL: `file:${join(directory, "cp.db")}`, PORT: "0" };
    const absent = await runControlPlane(["serve"], {
      ...env,
      TLS_CERT: "/nonexistent.pem",
      TLS_KEY: "/nonexistent.key",
    });
    expect(absent).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/cannot read TLS_CERT \/nonexistent\.pem: it does not exist/),
    });
    const path = join(directory, "empty.pem");
    writeFileSync(path, "nothing\n");
    const empty = await runControlPlane(["serve"], { ...env, TLS_CERT: path, TLS_KEY: path });
    expect(empty).toMatchObject({
      exitCode: 78,
      stderr: expect.stringMatching(/TLS_CERT .* holds no certificate in PEM/),
    });
  });

  it("refuses a socket that another process listens on, and replaces a stale one", async () => {
    const directory = tempDir();
    const first = await startControlPlane({ directory });
    await first.createOrganization("acme");
    await expect(startControlPlane({ directory })).rejects.toThrow(
      /another control plane is listening on .*management\.sock: stop it/,
    );
    expect(existsSync(first.socketPath)).toBe(true);
    await first.kill();
    expect(existsSync(first.socketPath)).toBe(true);
    const second = await started({ directory });
    expect(await second.management("org", "list")).toMatchObject({ organizations: [{ slug: "acme" }] });
  });

  it("does not remove the socket of another control plane when it stops", async () => {
    const directory = tempDir();
    const first = await started({ directory });
    rmSync(first.socketPath);
    const second = await started({ directory });
    expect(await first.stop()).toBe(0);
    expect(existsSync(second.socketPath)).toBe(true);
    expect(await second.management("org", "list")).toEqual({ organizations: [] });
    expect(readdirSync(directory).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("refuses a file in place of its socket, and a port that is in use", async () => {
    const directory = tempDir();
    writeFileSync(join(directory, "management.sock"), "mine");
    await expect(startControlPlane({ directory })).rejects.toThrow(
      /is not a socket, but .*: remove or rename it/,
    );
    const first = await started();
    await expect(startControlPlane({ port: first.port })).rejects.toThrow(
      new RegExp(`cannot listen on HOST 127.0.0.1, PORT ${first.port}: another program listens there`),
    );
  });

  it("says to which address a name as HOST led: agents with another one do not reach it", async () => {
    const controlPlane = await started({ env: { HOST: "localhost" } });
    expect(controlPlane.lines.join("\n")).toMatch(
      /listens on http:\/\/localhost:\d+ \((?:127\.0\.0\.1|::1)\), with the database/u,
    );
    expect((await started()).lines.join("\n")).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+, with/u);
  });

  it("gives only the owner access to socket and database from the first moment on", async () => {
    const controlPlane = await started();
    for (const path of [
      controlPlane.socketPath,
      controlPlane.databasePath,
      `${controlPlane.databasePath}-wal`,
    ]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
  });

  it("exits with 0 at SIGTERM, removes its socket, and loses nothing", async () => {
    const directory = tempDir();
    const first = await startControlPlane({ directory });
    const key = await first.createKey();
    expect(await first.stop()).toBe(0);
    expect(existsSync(first.socketPath)).toBe(false);
    expect(first.lines.at(-1)).toContain('"event":"stopped"');
    const second = await started({ directory });
    expect(await second.management("keys", "list")).toMatchObject({
      keys: [{ id: key.id, name: "prod", status: "active" }],
    });
    expect(await second.management("audit", "list")).toMatchObject({
      events: [{ action: "api_key.created", targetId: key.id }],
    });
  });

  it("continues when the reader of its output is gone", async () => {
    const directory = tempDir();
    const env = {
      DATABASE_URL: `file:${join(directory, "cp.db")}`,
      PORT: "0",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "json",
    };
    const child = spawn(process.execPath, [CONTROL_PLANE, "serve"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exited;
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('"listening"')) {
        break;
      }
    }
    child.stdout.destroy();
    const socket = ["--socket", join(directory, "management.sock")];
    for (let n = 0; n < 3; n += 1) {
      expect((await runCommand(["org", "create", `org ${n}`, ...socket])).exitCode).toBe(0);
    }
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  it("answers 503, and not 401, when the disk is full, and loses nothing that it acknowledged", async () => {
    const directory = tempDir();
    const first = await startControlPlane({ directory });
    const key = await first.createKey();
    await first.stop();
    const fillers: string[] = [];
    const limited = await startControlPlane({ directory, maxFileBlocks: 300 });
    const full = await eventually(
      async () => {
        const client = new Client("http://localhost", { socketPath: limited.socketPath });
        const query = `mutation { createOrganization(name: "filler", slug: "filler-${fillers.length}") { id } }`;
        const headers = { "content-type": "application/json" };
        const answer = await client.request({
          path: "/graphql",
          method: "POST",
          headers,
          body: JSON.stringify({ query }),
        });
        await answer.body.dump();
        await client.close();
        if (answer.statusCode === 200) {
          fillers.push(`filler-${fillers.length}`);
        }
        return answer.statusCode === 200 ? undefined : answer;
      },
      { timeoutMs: 20_000, describe: "the disk is full" },
    );
    expect(full).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" } });
    expect(limited.lines.filter((line) => line.includes('"event":"store.unavailable"'))).toHaveLength(1);
    expect(fillers.length).toBeGreaterThan(0);
    await limited.stop();
    const again = await started({ directory });
    expect(await again.management("keys", "list", "--org", "acme")).toMatchObject({ keys: [{ id: key.id }] });
    const slugs = (await text(again, "org", "list")).match(/^filler-\d+/gm);
    expect(slugs?.sort()).toEqual(fillers.sort());
  });
});
