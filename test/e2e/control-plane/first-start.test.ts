import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runControlPlane, startControlPlane } from "../../support/control-plane/control-plane.ts";
import { peopleEnv } from "../../support/control-plane/people.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free-port.ts";
import { ENVIRONMENT } from "../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../support/programs.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** With a page and nobody who could sign in. */
async function emptyEnvironment() {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  return { port, origin, env: { BETTER_AUTH_URL: origin } };
}

async function start(
  directory: string,
  env: Readonly<Record<string, string>>,
  port: number,
  args: string[] = [],
) {
  const controlPlane = await startControlPlane({ directory, port, env, args });
  onTestFinished(async () => void (await controlPlane.stop()));
  return controlPlane;
}

/** The whole log, once it has that event. */
function logOf(lines: readonly string[], event: string): string | undefined {
  return lines.some((line) => line.includes(`"event":"${event}"`)) ? lines.join("\n") : undefined;
}

describe("serve with nobody in its database", () => {
  it("says where the page is and which command makes a link, but prints no link into a log", async () => {
    const { port, origin, env } = await emptyEnvironment();
    const controlPlane = await start(tempDir(), env, port);
    const log = await eventually(() => logOf(controlPlane.lines, "people.none"), { describe: "the line" });
    expect(log).toContain(`People open the page at ${origin}`);
    expect(log).toContain(`novacula-control-plane setup-link --socket ${controlPlane.socketPath}`);
    expect(log).not.toContain("/setup#");
    const { url } = Object(await controlPlane.management("setup-link"));
    expect(url).toMatch(new RegExp(`^${origin}/setup#[\\w-]{43}$`, "u"));
    expect(controlPlane.lines.join("\n")).not.toContain(String(url).split("#")[1]);
    await expect(controlPlane.management("sign-in-link")).rejects.toThrow(
      "a link signs in only to a control plane of serve --dev",
    );
  });

  it("prints the link on a terminal", async () => {
    const { port, origin, env } = await emptyEnvironment();
    const directory = tempDir();
    const child = spawn("script", ["-qec", `${process.execPath} ${CONTROL_PLANE} serve`, "/dev/null"], {
      env: { ...ENVIRONMENT, DATABASE_URL: `file:${directory}/cp.db`, PORT: String(port), ...env },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    const ended = once(child, "close");
    onTestFinished(async () => {
      if (child.exitCode === null) {
        process.kill(-(child.pid ?? 0), "SIGTERM");
      }
      await ended;
    });
    const link = eventually(() => /\n {2}(\S+)\r?\n/u.exec(output)?.[1], {
      timeoutMs: 50_000,
      describe: "a link",
    });
    const end = ended.then(() => Promise.reject(new Error(`serve has ended: ${output}`)));
    end.catch(() => undefined);
    const url = await Promise.race([link, end]);
    expect(url).toMatch(new RegExp(`^${origin}/setup#[\\w-]{43}$`, "u"));
    expect(output).toContain("Nobody has an account yet. Create the first one here, until ");
  });

  it("signs sessions with a secret of its own, which stays", async () => {
    const { port, env } = await emptyEnvironment();
    const directory = tempDir();
    const first = await startControlPlane({ directory, port, env });
    const path = join(directory, "control-plane.db.sign-in-secret");
    const secret = readFileSync(path, "utf8");
    expect(secret).toMatch(/^[\w-]{43}\n$/u);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await first.stop();
    expect(first.lines.join("\n")).not.toContain(secret.trim());
    const second = await startControlPlane({ directory, port, env });
    await second.stop();
    expect(readFileSync(path, "utf8")).toBe(secret);
    chmodSync(path, 0o600);
    writeFileSync(path, "damaged\n");
    const refused = await runControlPlane(["serve"], {
      ...env,
      DATABASE_URL: `file:${directory}/control-plane.db`,
      PORT: String(port),
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      `is damaged, so no session can be signed\nFix: delete it`.split("\n")[0],
    );
    expect(refused.stderr).toContain(`sudo rm ${path}`);
  });

  it("uses BETTER_AUTH_SECRET where it is set, and then writes none", async () => {
    const { port, origin } = await emptyEnvironment();
    const directory = tempDir();
    await start(directory, peopleEnv(origin), port);
    expect(
      statSync(join(directory, "control-plane.db.sign-in-secret"), { throwIfNoEntry: false }),
    ).toBeUndefined();
  });

  it("says that there is no page where BETTER_AUTH_URL is not set", async () => {
    const controlPlane = await start(tempDir(), {}, await freePort());
    const log = await eventually(() => logOf(controlPlane.lines, "page"), { describe: "the line" });
    expect(log).toContain("there is no page, because BETTER_AUTH_URL is not set");
    await expect(controlPlane.management("setup-link")).rejects.toThrow("set BETTER_AUTH_URL");
  });
});

describe("serve --dev", () => {
  it.each([
    [{ HOST: "0.0.0.0", BETTER_AUTH_URL: "http://127.0.0.1:3000" }, "HOST must be this host"],
    [{ BETTER_AUTH_URL: "https://cp.example.com" }, "BETTER_AUTH_URL must be this host"],
    [{}, "BETTER_AUTH_URL must be this host"],
  ])("does not serve other hosts: %o", async (env, why) => {
    const refused = await runControlPlane(["serve", "--dev", "x"], {
      DATABASE_URL: `file:${tempDir()}/cp.db`,
      ...env,
    });
    expect(refused.exitCode).toBe(78);
    expect(refused.stderr).toContain(why);
  });
});
