import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { agentStatusSchema } from "../../../../src/agent/daemon/status/status.ts";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { startAgent } from "../../../support/agent/agent-process.ts";
import {
  home,
  knowing,
  type OnlineScene,
  START_LIMIT_MS,
  setOnlineScene,
  setScene,
} from "../../../support/agent/cli-scene.ts";
import { command, isRunnableByNobody, NOBODY } from "../../../support/agent/command.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeKey } from "../../../support/keys.ts";
import { lacks } from "../../../support/requires.ts";

describe.concurrent("status of an agent that is online", () => {
  let scene: OnlineScene;
  beforeAll(async () => {
    scene = await setOnlineScene();
    return () => scene[Symbol.asyncDispose]();
  });

  it("exits with 0, its own sentence first, the facts aligned below", async () => {
    const { key, agent } = scene;
    const { code, stdout, stderr } = await scene.run("status");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [sentence, empty, ...facts] = stdout.trimEnd().split("\n");
    expect(sentence).toMatch(
      new RegExp(`^Online with key ${keyFingerprint(key)} \\(prod, k_${keyFingerprint(key)}\\) at `),
    );
    expect(empty).toBe("");
    expect(facts.map((line) => line.slice(2, 15).trim())).toEqual([
      "executor",
      "control plane",
      "organization",
      "key",
      "last accepted",
      "next attempt",
      "agent",
      "configuration",
      "data",
    ]);
    expect(facts.every((line) => /^ {2}.{13} {2}\S/u.test(line))).toBe(true);
    expect(stdout).toContain(`PID ${agent.pid}`);
    expect(stdout).not.toContain("\u001b");
  });

  it("fits the published schema as JSON", async () => {
    const { code, stdout } = await scene.run("status", "--json");
    expect(code).toBe(0);
    const published = z.fromJSONSchema(publishedSchema());
    expect(published.safeParse(JSON.parse(stdout)).error).toBeUndefined();
    expect(published.safeParse({ ...JSON.parse(stdout), state: "fine" }).success).toBe(false);
    expect(agentStatusSchema.parse(JSON.parse(stdout)).key?.fingerprint).toBe(keyFingerprint(scene.key));
  });
});

describe.concurrent("status of an agent that", () => {
  it("keeps its state elsewhere than agent.toml says now: it says so", async () => {
    await using scene = await setOnlineScene();
    const { place, run } = scene;
    expect((await run("status")).stderr).toBe("");
    writeFileSync(place.configPath, scene.text().replace(place.dataDir, `${place.dataDir}-moved`));
    const { stderr, stdout } = await run("status");
    expect(stdout).toMatch(new RegExp(`data +${place.dataDir}$`, "mu"));
    expect(stderr).toContain(
      `This agent keeps its state in ${place.dataDir}, but agent.toml says ${place.dataDir}-moved`,
    );
  });

  it("is refused: exit 1", async () => {
    await using scene = await setScene();
    scene.server.respond(knowing());
    await using agent = startAgent(scene.place);
    await agent.waitForStatus(({ state }) => state === "key-refused", START_LIMIT_MS);
    const { code, stdout } = await scene.run("status");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\S+ has refused key .* \(401 revoked[,)]/u);
    expect(stdout).toMatch(/last accepted +never/u);
  });

  it("is unreachable: exit 2", async () => {
    await using scene = await setScene();
    await scene.server.stop();
    await using agent = startAgent(scene.place);
    await agent.waitForStatus(({ state }) => state === "unreachable", START_LIMIT_MS);
    const { code, stdout } = await scene.run("status");
    expect(code).toBe(2);
    expect(stdout).toContain("is unreachable, since");
    expect(stdout).toMatch(/^To see the cause, and what to do, run: .*novacula-agent doctor/mu);
  });

  it("shows a change that did not take, and is online all the same", async () => {
    await using scene = await setOnlineScene();
    const bad = makeKey();
    scene.putKey(bad);
    await scene.agent.waitForStatus(({ pendingChange }) => pendingChange?.state === "refused");
    const { code, stdout } = await scene.run("status");
    expect(code).toBe(0);
    expect(stdout.split("\n")[1]).toMatch(
      new RegExp(
        `^Change in the file refused: The new key ${keyFingerprint(bad)} in agent\\.toml line 7 was refused \\(401 revoked, "Unauthorized"\\): it was revoked`,
      ),
    );
  });

  it("is found when its file has become invalid meanwhile", async () => {
    await using scene = await setOnlineScene();
    const { key, server, place, agent } = scene;
    writeFileSync(place.configPath, `${place.toml({ url: server.url, key })}\nnonsense = = 1\n`);
    await agent.waitForStatus(({ pendingChange }) => pendingChange?.state === "unusable");
    const { code, output } = await scene.run("status");
    expect(code).toBe(0);
    expect(output).toContain("Change in the file unusable:");
  });
});

describe.concurrent("status without an agent", () => {
  it("ends with 3 and says how to start one; stdout stays empty for whoever parses it", async () => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    const { code, stdout, stderr } = await command(["status", "--json", "-c", place.configPath]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        code: "not_running",
        fix: `novacula-agent run -c ${place.configPath}`,
        exitCode: 3,
      },
    });
    expect(stderr).toContain(`No agent runs here: there is no ${place.runtimeDir}/agent.sock.`);
    expect(stderr).not.toContain("runtime_dir");
  });

  it("says that it may look in the wrong place where the file is damaged", async () => {
    using place = home();
    const text = place.toml({ url: "http://127.0.0.1:1", key: makeKey() });
    writeFileSync(place.configPath, `${text}\nnonsense = = 1\n`);
    const { code, stderr } = await command(["status", "-c", place.configPath]);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `${place.configPath} is not valid, so an agent with another agent.runtime_dir is not found.`,
    );
  });

  it("tells what the last one knew, and sees through the socket of a dead one", async () => {
    await using scene = await setOnlineScene();
    const { key, place, agent } = scene;
    const written = () => readFileSync(join(place.dataDir, "state.json"), "utf8").includes("keyId");
    await eventually(written, { describe: "a memory" });
    await agent[Symbol.asyncDispose]();
    const { code, stderr } = await scene.run("status");
    expect(code).toBe(3);
    expect(stderr).toContain("is a stale socket");
    expect(stderr).toMatch(
      new RegExp(
        `Last known: key ${keyFingerprint(key)} \\(prod, k_.*\\) in organization Acme, last accepted at `,
      ),
    );
  });

  it("says that an agent which answers otherwise is of another version", async () => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    mkdirSync(place.runtimeDir);
    await using old = createServer((_request, response) => response.end('{"state":"fine"}'));
    await new Promise<void>((resolve) => old.listen(join(place.runtimeDir, "agent.sock"), resolve));
    const { code, stderr } = await command(["status", "-c", place.configPath]);
    expect(code).toBe(2);
    expect(stderr).toContain("runs another version. Fix: ");
  });

  it.skipIf(lacks("root, and a checkout that others may read", isRunnableByNobody()))(
    "names the group that may ask, to a user who may not",
    async () => {
      await using scene = await setOnlineScene();
      const { place } = scene;
      chownSync(place.folder, NOBODY, NOBODY);
      chownSync(place.configPath, NOBODY, NOBODY);
      const { code, stderr } = await command(["status", "-c", place.configPath], { uid: NOBODY });
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /This user cannot ask the agent at .*Only root and the group root can\. Fix: use sudo/u,
      );
    },
  );
});

describe.skipIf(lacks("root, and a checkout that others may read", isRunnableByNobody()))(
  "an agent.toml that this user cannot read",
  () => {
    it.each(["status", "reload", "retry"])("leaves open for %s whether an agent runs", async (name) => {
      using place = home();
      place.write({ url: "http://127.0.0.1:1", key: makeKey() });
      chownSync(place.folder, NOBODY, NOBODY);
      const { code, stderr } = await command([name, "-c", place.configPath], { uid: NOBODY });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^It is unknown whether an agent runs here: \S+agent\.toml cannot be read by /u);
      expect(stderr).toContain(`\nFix: sudo novacula-agent ${name} -c ${place.configPath}\n`);
    });
  },
);

describe.concurrent("status --schema", () => {
  it("prints the published schema, with a description for people", async () => {
    const { code, stdout } = await command(["status", "--schema"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(publishedSchema());
  });
});

function publishedSchema() {
  const path = new URL("../../../../docs/schemas/novacula-agent/status.schema.json", import.meta.url);
  return JSON.parse(readFileSync(path, "utf8"));
}
