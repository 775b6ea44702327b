import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { startAgent } from "../../../support/agent/agent-process.ts";
import { home, knowing, setOnlineScene, setScene } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";

describe.concurrent("reload", () => {
  it("returns once the agent took it, however long the verdict takes", async () => {
    await using scene = await setOnlineScene();
    const { server, agent, place } = scene;
    server.respond(() => {});
    scene.putKey(makeKey());
    const startedAt = performance.now();
    const { code, stdout } = await scene.run("reload");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `The agent reads its files now. To see the result, run: novacula-agent status -c ${place.configPath}\n`,
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await agent.waitForLine("reload.requested");
  });

  it("--wait is good when the files are in use and accepted", async () => {
    await using scene = await setOnlineScene();
    const { fresh } = scene;
    scene.putKey(fresh);
    const { code, stdout } = await scene.run("reload", "--wait");
    expect(code).toBe(0);
    expect(stdout).toContain(`Online with key ${keyFingerprint(fresh)}`);
  });

  it("--wait is bad when they are not, though the executor stays online", async () => {
    await using scene = await setOnlineScene();
    const { key, server, place } = scene;
    scene.putKey(makeKey());
    const refused = await scene.run("reload", "--wait");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^Online with key .*\nChange in the file refused: /u);
    writeFileSync(place.configPath, `${place.toml({ url: server.url, key })}[loging]\n`);
    const invalid = await scene.run("reload", "--wait");
    expect(invalid.code).toBe(1);
    expect(invalid.stdout).toMatch(/Change in the file unusable: .*Did you mean \[logging\]\?/u);
  });

  it("--wait cannot tell while the control plane is away", async () => {
    await using scene = await setOnlineScene();
    await scene.server.stop();
    scene.putKey(makeKey());
    const { code, stdout } = await scene.run("reload", "--wait");
    expect(code).toBe(2);
    expect(stdout).toMatch(/Change in the file (not tried yet|being tried): /u);
  });
});

describe.concurrent("retry", () => {
  it("has a refused key tried at once", async () => {
    await using scene = await setScene();
    const { key, server, place } = scene;
    server.respond(knowing());
    await using agent = startAgent(place);
    await agent.waitForStatus(({ state, attempts }) => state === "key-refused" && attempts >= 3, 20_000);
    server.respond(knowing(key));
    const { code, stdout } = await scene.run("retry");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `The agent retries now instead of waiting. To see the result, run: novacula-agent status -c ${place.configPath}\n`,
    });
    await agent.waitForStatus(({ state }) => state === "online", 1500);
    const environment = { NOVACULA_CONFIG: place.configPath };
    expect((await command(["retry"], { environment })).stdout).toMatch(
      /To see the result, run: novacula-agent status\n$/u,
    );
  });
});

it.concurrent.each(["reload", "retry"])("%s ends with 3 where no agent runs", async (name) => {
  using place = home();
  place.write({ url: "http://127.0.0.1:1", key: makeKey() });
  const { code, stdout, stderr } = await command([name, "-c", place.configPath]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toMatch(
    /^No agent runs here: there is no \S+\/agent\.sock\.\nTo start it, run: .*systemctl start novacula-agent /u,
  );
});
