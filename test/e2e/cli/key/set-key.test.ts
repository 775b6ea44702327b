import { chmodSync, chownSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { startAgent } from "../../../support/agent/agent-process.ts";
import { failure, json } from "../../../support/agent/behaviours.ts";
import {
  knowing,
  onlineAgent,
  START_LIMIT_MS,
  setOnlineScene,
  setScene,
} from "../../../support/agent/cli-scene.ts";
import { command, isRunnableByNobody, NOBODY } from "../../../support/agent/command.ts";
import type { FaultyServer } from "../../../support/agent/faulty-server.ts";
import { makeKey } from "../../../support/keys.ts";
import { lacks } from "../../../support/requires.ts";

describe.concurrent("set-key with a running agent", () => {
  it("tries the key, writes it, waits until it is in use, and names the old one", async () => {
    await using scene = await setOnlineScene();
    const { key, fresh, server, place, setKey, agent } = scene;
    const { code, stdout, stderr } = await setKey(`${fresh}\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [oldId, freshId] = [keyFingerprint(key), keyFingerprint(fresh)];
    expect(stdout.trimEnd().split("\n")).toEqual([
      `The control plane accepts key ${freshId}: prod (k_${freshId}), organization Acme, never expires.`,
      `Written to ${place.configPath}.`,
      `Executor agent-1 is online with key ${freshId} (prod, k_${freshId}).`,
      expect.stringMatching(
        new RegExp(
          `^The old key ${oldId} \\(prod, k_${oldId}\\), last accepted at [\\d: -]+ UTC, is no longer needed on this host\\. To revoke it, run on the control plane: .*novacula-control-plane keys revoke k_${oldId}$`,
        ),
      ),
    ]);
    expect((await agent.status()).key?.fingerprint).toBe(freshId);
    expect(refusedSyncs(server, [key, fresh])).toEqual([]);
  });

  it("fixes an executor whose key is refused", async () => {
    await using scene = await setScene();
    const { fresh, server, place, setKey } = scene;
    server.respond(knowing(fresh));
    await using agent = startAgent(place);
    await agent.waitForStatus(({ state }) => state === "key-refused", START_LIMIT_MS);
    const { code, stdout } = await setKey(fresh);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The old key \w+ was never accepted here\.$/mu);
  });

  it("--no-wait leaves the confirmation to status --wait-for", async () => {
    await using scene = await setOnlineScene();
    const { fresh, place, setKey } = scene;
    const { code, stdout } = await setKey(fresh, "--no-wait");
    expect(code).toBe(0);
    const confirmation = /^The agent applies it now\. To see the result, run: novacula-agent (.*)$/mu.exec(
      stdout,
    )?.[1];
    expect(confirmation).toBe(`status --wait-for key=${keyFingerprint(fresh)} -c ${place.configPath}`);
    expect((await command(confirmation?.split(" ") ?? [])).code).toBe(0);
  });

  it("ends with 1 where the agent does not come online with it, and says why", async () => {
    await using scene = await setOnlineScene();
    const { key, fresh, server, setKey } = scene;
    // Good for a question, not for this executor: what a server may say that checks less in one than in the other.
    const refused = json(403, failure("FORBIDDEN", { reason: "key_held_by_other_executor" }, null));
    server.respond((exchange) => {
      const { operationName, keyFingerprint: fingerprint } = exchange.request;
      const isFresh = operationName === "SyncExecutor" && fingerprint === keyFingerprint(fresh);
      return (isFresh ? refused : knowing(key, fresh))(exchange);
    });
    const { code, stderr } = await setKey(fresh, "--timeout", "1.5");
    expect(code).toBe(1);
    expect(stderr).toContain(`The agent is not online with key ${keyFingerprint(fresh)} yet.`);
    expect(stderr).toMatch(/Change in the file refused: .* this one is bound to another executor/u);
  });

  it("says so where the agent that runs reads another file", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    const other = join(place.folder, "other.toml");
    writeFileSync(other, place.toml({ url: server.url, key }), { mode: 0o600 });
    await using _agent = await onlineAgent({ ...place, configPath: other }, key);
    const { code, stderr } = await setKey(fresh);
    expect(code).toBe(2);
    expect(stderr).toContain(`The agent that runs here reads ${other} instead of this file`);
  });
});

describe.concurrent("set-key without an agent", () => {
  it("writes the key for the next start, and names the old one", async () => {
    await using scene = await setScene();
    const { key, fresh, setKey, text } = scene;
    const { code, stdout } = await setKey(fresh);
    expect(code).toBe(0);
    expect(stdout).toContain("No agent runs here. It will use the key when it starts: ");
    expect(stdout).toContain(`The old key was ${keyFingerprint(key)}. Revoke it when`);
    expect(text()).toContain(fresh);
    expect(text()).not.toContain(key);
  });

  it("says that a key is there already, and verifies it all the same", async () => {
    await using scene = await setScene();
    const { key, server, place, setKey } = scene;
    const before = statSync(place.configPath).ino;
    const { code, stdout } = await setKey(key);
    expect(code).toBe(0);
    expect(stdout).toContain(`${place.configPath} already contains this key.`);
    expect(statSync(place.configPath).ino).toBe(before);
    expect(server.requests.map(({ operationName }) => operationName)).toEqual(["CurrentKey"]);
    server.respond(knowing());
    expect((await setKey(key)).code).toBe(1);
  });

  it("tidies the same key where there was white space around it", async () => {
    await using scene = await setScene();
    const { key, setKey, text } = scene;
    scene.putKey(` ${key} `);
    expect((await setKey(key)).code).toBe(0);
    expect(text()).toContain(`"${key}"`);
  });

  it("puts the first key into a file that has none", async () => {
    await using scene = await setScene();
    const { fresh, server, place, setKey, text } = scene;
    place.write({ url: server.url });
    const { code, stdout } = await setKey(fresh);
    expect(code).toBe(0);
    expect(stdout).not.toContain("Before:");
    expect(text()).toContain(`access_token = "${fresh}"`);
  });
});

describe.concurrent("set-key writes nothing", () => {
  const damaged: readonly (readonly [what: string, damage: (key: string) => string, says: RegExp])[] = [
    ["empty", () => "", /is empty/u],
    ["with white space inside", (key) => `${key.slice(0, 20)} ${key.slice(20)}`, /U\+0020 SPACE/u],
    ["in two lines", (key) => `${key.slice(0, 20)}\n${key.slice(20)}\n`, /line break/u],
    ["with Bearer in front", (key) => `Bearer ${key}`, /Bearer/u],
    ["that is a placeholder", () => "exc_...", /placeholder|example|cut off/iu],
  ];
  it.each(damaged)("of a key %s", async (_what, damage, says) => {
    await using scene = await setScene();
    const { key, fresh, server, setKey, text } = scene;
    const { code, stderr } = await setKey(damage(fresh));
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/Nothing was written\.\n/u);
    expect(text()).toContain(key);
    expect(server.requests).toEqual([]);
  });

  it("of a key that the control plane refuses, not even with --force", async () => {
    await using scene = await setScene();
    const { key, setKey, text } = scene;
    for (const more of [[], ["--force"]]) {
      const bad = makeKey();
      const { code, stderr } = await setKey(bad, ...more);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        new RegExp(
          `^\\S+ refuses key ${keyFingerprint(bad)} \\(401 revoked, "Unauthorized"\\): it was revoked .* Nothing was written\\.\nFix: Run set-key again with a working key\\.\n$`,
        ),
      );
    }
    expect(text()).toContain(key);
  });

  it("of a key that is cut off and unknown, of which it says so once", async () => {
    await using scene = await setScene();
    const { fresh, server, setKey, place } = scene;
    const cut = fresh.slice(0, 50);
    const { host } = new URL(server.url);
    server.respond(json(401, failure("UNAUTHENTICATED", { reason: "unknown" }, null)));
    expect(await setKey(cut)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `${host} refuses key ${keyFingerprint(cut)} (401 unknown, "Unauthorized"): the control plane does not know it: probably cut off when copied (has 46 characters after exc_, but a key has 64). Nothing was written.\nFix: Run set-key again with the whole key, or with a new one; check control_plane.url (${place.configPath} line 6).\n`,
    });
    server.respond(knowing(cut));
    const { code, stderr } = await setKey(cut);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^The key from stdin has 46 characters after exc_, .*cut off when copied\. /u);
  });

  it("while the control plane cannot be asked, unless forced", async () => {
    await using scene = await setOnlineScene();
    const { key, fresh, server, setKey, text, agent } = scene;
    await server.stop();
    const timid = await setKey(fresh);
    expect(timid.code).toBe(2);
    expect(timid.stderr).toMatch(
      /could not be tried: connection refused .* Nothing was written\.\nFix: .*\nTo write it untried, add --force\.\n$/u,
    );
    expect(text()).toContain(key);
    const forced = await setKey(fresh, "--force", "--timeout", "1");
    expect(forced.code).toBe(2);
    expect(forced.stderr).toContain("The agent keeps retrying and uses the old key until then.");
    expect(text()).toContain(fresh);
    await server.restart();
    await agent.waitForStatus(({ key }) => key?.fingerprint === keyFingerprint(fresh), 20_000);
  });

  it("into a file that is not valid", async () => {
    await using scene = await setScene();
    const { fresh, place, setKey, text } = scene;
    writeFileSync(place.configPath, `${text()}[loging]\n`);
    const { code, stderr } = await setKey(fresh);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /There is a table \[logging\] already: move these lines into it\.\nNothing was written\.\nFix: .*agent\.toml, then run set-key again\.\n$/u,
    );
  });

  it("over what somebody else wrote meanwhile", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey, text } = scene;
    // The answer to its question is the moment at which somebody else saves the file.
    server.respond((exchange) => {
      writeFileSync(place.configPath, `${place.toml({ url: server.url, key })}# mine\n`);
      knowing(key, fresh)(exchange);
    });
    const { code, stderr } = await setKey(fresh);
    expect(code).toBe(1);
    expect(stderr).toContain("was changed by somebody else at the same time, so nothing was written");
    expect(text()).toMatch(/# mine\n$/u);
    expect(temporaryFiles(place.folder)).toEqual([]);
  });

  it.skipIf(lacks("root, and a checkout that others may read", isRunnableByNobody()))(
    "as a user who may not, and says so",
    async () => {
      await using scene = await setScene();
      const { key, fresh, place, text } = scene;
      chmodSync(place.folder, 0o755);
      chownSync(place.configPath, NOBODY, NOBODY);
      const args = ["set-key", "-c", place.configPath];
      const { code, stderr } = await command(args, { input: fresh, uid: NOBODY });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /cannot write \S+agent\.toml, so nothing was written: .*has no permission\.\n {4}Fix: use sudo/u,
      );
      expect(text()).toContain(key);
    },
  );
});

function refusedSyncs(server: FaultyServer, known: readonly string[]) {
  const fingerprints = new Set<string | undefined>(known.map(keyFingerprint));
  return server.requests.filter(({ keyFingerprint: fingerprint }) => !fingerprints.has(fingerprint));
}

function temporaryFiles(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".tmp"));
}
