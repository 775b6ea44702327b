import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { failure, html, json } from "../../../support/agent/behaviours.ts";
import { home, setScene } from "../../../support/agent/cli-scene.ts";
import { command, isRunnableByNobody, NOBODY } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";
import { lacks } from "../../../support/requires.ts";

const URL_OF_NOBODY = "http://127.0.0.1:1";

describe.concurrent("check, offline", () => {
  it("says calmly what is good", async () => {
    const key = makeKey();
    using place = home();
    place.write({ url: URL_OF_NOBODY, key });
    const { code, stdout, stderr } = await command(["check", "-c", place.configPath]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      [
        `ok      ${place.configPath} is valid: executor agent-1 for ${URL_OF_NOBODY}.`,
        `ok      agent.toml line 7: key ${keyFingerprint(key)} looks right.`,
        "",
      ].join("\n"),
    );
  });

  it("names every issue at once, each with its place", async () => {
    using place = home();
    writeFileSync(
      place.configPath,
      '[agent]\nnmae = "a"\n[control_plane]\nurl = "ftp://cp"\nacces_token = "x"\n',
      { mode: 0o600 },
    );
    const { code, stdout } = await command(["check", "-c", place.configPath]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /agent\.toml:2:1: .*Rename \S+ to name\..*agent\.toml:4:1: .*agent\.toml:5:1: .* to access_token\./su,
    );
    expect(stdout.match(/^bad /gmu)).toHaveLength(3);
  });

  it("refuses a damaged key, with line and column and never the key", async () => {
    const key = makeKey();
    using place = home();
    place.write({ url: URL_OF_NOBODY, key: `${key.slice(0, 30)} ${key.slice(30)}` });
    const { code, stdout } = await command(["check", "-c", place.configPath]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad {5}agent\.toml line 7: the key has U\+0020 SPACE .*\(column 47\)/mu);
    expect(stdout).not.toContain(key.slice(4, 20));
  });

  it("warns of what is used all the same, and of a file that others can read", async () => {
    using place = home();
    place.write({ url: URL_OF_NOBODY, key: `${makeKey()} ` });
    chmodSync(place.configPath, 0o644);
    const { code, stdout } = await command(["check", "-c", place.configPath]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning agent\.toml line 7: the key ends with a space/mu);
    expect(stdout).toMatch(/^warning agent\.toml line 7: the key is in a file that every user .*chmod/mu);
    expect(stdout).toMatch(/^ok {6}agent\.toml line 7: key \w+ is usable despite the warning\.$/mu);
  });

  it.skipIf(lacks("root, and a checkout that others may read", isRunnableByNobody()))(
    "cannot tell where the file may not be read, and says for whom",
    async () => {
      using place = home();
      place.write({ url: URL_OF_NOBODY, key: makeKey() });
      chownSync(place.folder, NOBODY, NOBODY);
      const { code, stdout } = await command(["check", "-c", place.configPath], { uid: NOBODY });
      expect(code).toBe(2);
      expect(stdout).toMatch(/^unknown \S+agent\.toml: cannot be read by .*65534/mu);
    },
  );
});

describe.concurrent("check --key-file", () => {
  it("tries a candidate and leaves the configured key alone", async () => {
    const candidate = makeKey();
    using place = home();
    place.write({ url: URL_OF_NOBODY });
    const file = join(place.folder, "candidate");
    writeFileSync(file, `${candidate}\n`, { mode: 0o600 });
    const fromFile = await command(["check", "-c", place.configPath, "--key-file", file]);
    expect(fromFile.code).toBe(0);
    expect(fromFile.stdout).toContain(`ok      ${file}: key ${keyFingerprint(candidate)} looks right.`);
    const args = ["check", "-c", place.configPath, "--key-file", "-"];
    const fromStdin = await command(args, { input: candidate });
    expect(fromStdin.stdout).toContain(`ok      stdin: key ${keyFingerprint(candidate)} looks right.`);
  });

  it("refuses a damaged candidate, an empty one, and a file that is not there", async () => {
    using place = home();
    place.write({ url: URL_OF_NOBODY, key: makeKey() });
    const check = (file: string, input = "") =>
      command(["check", "-c", place.configPath, "--key-file", file], { input });
    const results = await Promise.all([
      check("-", `Bearer ${makeKey()}`),
      check("-"),
      check(join(place.folder, "nowhere")),
    ]);
    expect(results.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(results[0]?.stdout).toMatch(/^bad {5}stdin: the key .*Bearer/mu);
    expect(results[1]?.stdout).toMatch(/^bad {5}stdin: the key is empty/mu);
    expect(results[2]?.stdout).toMatch(/nowhere: the key is not available: the file does not exist/u);
  });
});

describe.concurrent("check --online", () => {
  it("asks the control plane, and registers nothing", async () => {
    await using scene = await setScene();
    const { key, server } = scene;
    const { code, stdout } = await scene.run("check", "--online");
    expect(code).toBe(0);
    const host = new URL(server.url).host;
    expect(stdout).toContain(
      `ok      ${host} accepts the key: prod (k_${keyFingerprint(key)}), organization Acme, never expires.`,
    );
    expect(server.requests.map(({ operationName }) => operationName)).toEqual(["CurrentKey"]);
  });

  it("says when the key ends", async () => {
    await using scene = await setScene();
    const expiresAt = Date.now() + 5 * 86_400_000 + 3_600_000;
    scene.server.respond(
      json(200, {
        data: {
          currentKey: {
            key: { id: "k_1", name: "prod", expiresAt, revokesAt: expiresAt + 1 },
            organization: { id: "org-1", name: "Acme", slug: "acme" },
          },
        },
      }),
    );
    const { stdout } = await scene.run("check", "--online");
    expect(stdout).toMatch(/organization Acme, valid until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in 5 d/u);
  });

  it("tells refused, forbidden and unreachable apart, each with a remedy", async () => {
    await using scene = await setScene();
    const { server } = scene;
    const check = () => scene.run("check", "--online");
    server.respond(json(401, failure("UNAUTHENTICATED", { reason: "revoked" }, null)));
    const refused = await check();
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(
      /^bad .* refuses key \w+ \(401 revoked, "Unauthorized"\): it was revoked .*\. Run novacula-agent set-key -c \S+ with a working key\.$/mu,
    );
    server.respond(json(403, failure("FORBIDDEN", { reason: "key_targets_other_executor" }, null)));
    const forbidden = await check();
    expect(forbidden.code).toBe(1);
    expect(forbidden.stdout).toMatch(
      /^bad .* \(403 key_targets_other_executor, "Unauthorized"\): it was issued for an executor other than agent-1\. /mu,
    );
    server.respond(html(503, "Down"));
    const unreachable = await check();
    expect(unreachable.code).toBe(2);
    expect(unreachable.stdout).toMatch(
      /^unknown .* gave no verdict on the key: .*503.*\. [A-Z].*, run: sudo journalctl -u novacula-control-plane$/mu,
    );
    await server.stop();
    const gone = await check();
    expect(gone.code).toBe(2);
    expect(gone.stdout).toMatch(/connection refused.*\. Check that the control plane is running.*\.$/mu);
  });

  it("as JSON has the verdict, its parts, and no key", async () => {
    await using scene = await setScene();
    const { key, place } = scene;
    const { code, stdout } = await scene.run("check", "--online", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "ok",
      path: place.configPath,
      issues: [],
      key: { source: "agent.toml line 7", fingerprint: keyFingerprint(key), findings: [] },
      controlPlane: { outcome: "accepted", keyName: "prod", organization: "Acme", endsAt: null },
    });
  });

  it("has nothing to ask with while the configuration is invalid", async () => {
    using place = home();
    mkdirSync(place.runtimeDir);
    writeFileSync(place.configPath, "[agent]\n", { mode: 0o600 });
    const { code, stdout } = await command(["check", "--online", "-c", place.configPath]);
    expect(code).toBe(1);
    expect(stdout).toContain("unknown The control plane was not asked");
  });
});
