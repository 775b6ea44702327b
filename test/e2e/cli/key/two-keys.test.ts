import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { html } from "../../../support/agent/behaviours.ts";
import { knowing, setScene } from "../../../support/agent/cli-scene.ts";

describe.concurrent("two keys in one configuration", () => {
  it.each([
    ["access_token", true],
    ["access_token_file", false],
  ])("are both named, and doctor says that %s is accepted", async (accepted, isInConfig) => {
    await using scene = await setScene();
    const { key, fresh, server, place, run } = scene;
    server.respond(knowing(isInConfig ? key : fresh));
    const keyFile = join(place.folder, "key");
    writeFileSync(keyFile, `${fresh}\n`, { mode: 0o600 });
    const toml = place.toml({ url: server.url, key });
    writeFileSync(
      place.configPath,
      toml.replace(/^(access_token = .*)$/mu, `$1\naccess_token_file = "${keyFile}"`),
    );
    const [first, second] = [keyFingerprint(key), keyFingerprint(fresh)];
    const check = await run("check");
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(
      new RegExp(
        `there can be only one key, but access_token \\(line \\d+\\) has key ${first}, and access_token_file \\(line \\d+\\) has key ${second}\\. Delete the line that you do not want\\. To see which key is accepted, run: (?:sudo )?novacula-agent doctor -c ${place.configPath}$`,
        "mu",
      ),
    );
    const { stdout } = await run("doctor");
    const other = isInConfig ? "access_token_file" : "access_token";
    expect(stdout).toMatch(
      new RegExp(
        `^ok +authentication ${accepted}: key ${isInConfig ? first : second} is accepted: .*\\n(?! *Fix)`,
        "mu",
      ),
    );
    expect(stdout).toMatch(
      new RegExp(
        `^bad +authentication ${other}: .* refuses key .*\\n +Fix: Delete the line ${other}\\.$`,
        "mu",
      ),
    );
    expect(stdout).not.toMatch(/run:.*doctor|^unknown +authentication/mu);
    expect(stdout).toMatch(/^ok +answer /mu);
    const said = stdout.trimEnd().split("\n").slice(-3);
    expect(said).toEqual([
      expect.stringMatching(/Cause \(syntax\): .*there can be only one key/u),
      `Fix: Delete the line ${other}: the key of ${accepted} is accepted.`,
      "Then run doctor again. What else is bad above (authentication) may have the same cause.",
    ]);
  });

  it("both of which work, or neither: says so once, and asks for one line to go", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, run } = scene;
    const keyFile = join(place.folder, "key");
    writeFileSync(keyFile, `${fresh}\n`, { mode: 0o600 });
    const toml = place.toml({ url: server.url, key });
    writeFileSync(
      place.configPath,
      toml.replace(/^(access_token = .*)$/mu, `$1\naccess_token_file = "${keyFile}"`),
    );
    const last = async () =>
      (await run("doctor")).stdout.split("\n").findLast((line) => line.startsWith("Fix:"));
    server.respond(knowing(key, fresh));
    expect(await last()).toBe("Fix: Delete one of the two lines: both keys are accepted.");
    server.respond(knowing());
    expect(await last()).toMatch(/^Fix: Delete both lines, .*neither of the two works\.$/u);
    server.respond(html(503, "<h1>busy</h1>"));
    const { stdout } = await run("doctor");
    expect(stdout).toMatch(/Fix: Delete the line that you do not want\. .* does not answer\./u);
    expect(stdout.match(/^bad +answer/gmu)).toHaveLength(1);
  });

  it("one of which is damaged are told apart without the control plane", async () => {
    await using scene = await setScene();
    const { key, server, place, run } = scene;
    const toml = place.toml({ url: server.url, key });
    writeFileSync(
      place.configPath,
      toml.replace(/^(access_token = .*)$/mu, '$1\naccess_token_file = "/nonexistent"'),
    );
    const { stdout } = await run("check");
    expect(stdout).toContain("has no usable key. Delete the line");
    expect((await run("doctor")).stdout).toContain(
      "Fix: Delete the line access_token_file: the key of access_token is accepted.",
    );
  });
});
