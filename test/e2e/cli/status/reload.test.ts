import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { startAgent } from "../../../support/agent/agent-process.ts";
import { json } from "../../../support/agent/behaviours.ts";
import { home, knowing, START_LIMIT_MS, setOnlineScene, setScene } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { makeKey } from "../../../support/keys.ts";

describe.concurrent("reload", () => {
  it("returns once the agent knows of it, however long the verdict takes", async () => {
    await using scene = await setOnlineScene();
    const { server, agent, place } = scene;
    server.respond(() => {});
    scene.putKey(makeKey());
    // A reload that waits is answered after 9 s here. This question is open for 8 s.
    const open = agent.ask("GET", "/status?key=00000000&timeoutMs=8000").then(() => "the question");
    const asked = agent.ask("POST", "/reload?wait=0").then(() => "the reload");
    expect(await Promise.race([open, asked])).toBe("the reload");
    const { code, stdout } = await scene.run("reload");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `The agent reads its files now. To see the result, run: novacula-agent status -c ${place.configPath}\n`,
    });
    await agent.waitForLine("reload.requested");
    await open;
  });

  it.each([
    ["reload", "POST /reload?wait=0"],
    ["reload --wait", "POST /reload"],
  ])("%s asks the agent for exactly that", async (words, operation) => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    mkdirSync(place.runtimeDir);
    const operations: string[] = [];
    await using agent = createServer(({ method, url }, response) => {
      operations.push(`${method} ${url}`);
      response.end();
    });
    await new Promise<void>((resolve) => agent.listen(join(place.runtimeDir, "agent.sock"), resolve));
    await command([...words.split(" "), "-c", place.configPath]);
    expect(operations).toEqual([operation]);
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
    expect(invalid.stdout).toMatch(
      /Change in the file unusable: .*There is a table \[logging\] already: move these lines into it\./u,
    );
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
  it("has the agent ask now, although it planned to wait for minutes", async () => {
    await using scene = await setScene();
    const { key, server, place } = scene;
    server.respond(json(503, {}, { "retry-after": "300" }));
    await using agent = startAgent(place);
    await agent.waitForStatus(({ state }) => state === "unreachable", START_LIMIT_MS);
    const failed = await scene.run("retry");
    expect(failed.code).toBe(2);
    expect(failed.stdout).toContain("cannot serve");
    server.respond(knowing(key));
    const { code, stdout } = await scene.run("retry");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Online with key /u);
    await agent.waitForStatus(({ state }) => state === "online");
  });
});

it.concurrent.each(["reload", "retry"])("%s ends with 3 where no agent runs", async (name) => {
  using place = home();
  place.write({ url: "http://127.0.0.1:1", key: makeKey() });
  const { code, stdout, stderr } = await command([name, "-c", place.configPath]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toMatch(/^No agent runs here: there is no \S+\/agent\.sock\.\n/u);
  // The service has another file, and would not be this agent.
  expect(stderr).toContain(`\nTo start it, run: novacula-agent run -c ${place.configPath}\n`);
});
