import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { writeNodes } from "../../../../src/agent/reconciler/host/node-memory.ts";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { html } from "../../../support/agent/behaviours.ts";
import { home, setOnlineScene, setScene } from "../../../support/agent/cli-scene.ts";
import { command } from "../../../support/agent/command.ts";
import { listOf, makeSpec } from "../../../support/agent/nodes.ts";
import { makeKey } from "../../../support/keys.ts";

const examination = z.object({
  verdict: z.enum(["ok", "bad", "unknown"]),
  isOnline: z.boolean().nullable(),
  cause: z.object({ stage: z.string(), remedy: z.string() }).nullable(),
  checks: z.array(z.object({ stage: z.string(), status: z.string(), detail: z.string() })),
});

function stagesThat(status: string, output: string): readonly string[] {
  const { checks } = examination.parse(JSON.parse(output));
  return [...new Set(checks.filter((check) => check.status === status).map((check) => check.stage))];
}

describe.concurrent("doctor", () => {
  it("goes the whole way, and ends with the running agent's own sentence", async () => {
    await using scene = await setOnlineScene();
    const { stdout, stderr } = await scene.run("doctor");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ok {6}authentication +accepted: prod \(k_/mu);
    expect(stdout).toContain(`Online with key ${keyFingerprint(scene.key)}`);
    expect(stdout).not.toMatch(/^bad /mu);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^The executor is online as \S+ of organization Acme[.,]/u,
    );
  });

  it("a refused key is the authentication's, with the advice that the agent gives", async () => {
    await using scene = await setScene();
    scene.putKey(makeKey());
    const { code, stdout } = await scene.run("doctor", "--json");
    expect(code).toBe(1);
    expect(stagesThat("bad", stdout)).toEqual(["authentication", "executor"]);
    expect(examination.parse(JSON.parse(stdout))).toMatchObject({
      isOnline: false,
      cause: { stage: "authentication", remedy: expect.stringContaining("set-key") },
    });
  });

  it("tries a candidate from stdin, and leaves the file as it is", async () => {
    await using scene = await setOnlineScene();
    const before = scene.text();
    const args = ["doctor", "--json", "--key-file", "-", "-c", scene.place.configPath];
    const fresh = await command(args, { input: scene.fresh });
    expect(stagesThat("bad", fresh.stdout)).toEqual([]);
    expect(fresh.stdout).toContain(`k_${keyFingerprint(scene.fresh)}`);
    const damaged = await command(args, {
      input: `${scene.fresh.slice(0, 30)}\u00a0${scene.fresh.slice(30)}`,
    });
    expect(stagesThat("bad", damaged.stdout)).toEqual(["key"]);
    expect(scene.text()).toBe(before);
  });

  it.each([
    ["a page", html(403, "<h1>Forbidden</h1>")],
    ["a control plane that cannot serve", html(503, "<h1>Service Unavailable</h1>")],
  ])("the answer of %s is bad, and leaves the key unjudged", async (_what, answer) => {
    await using scene = await setScene();
    scene.server.respond(answer);
    const { code, stdout } = await scene.run("doctor", "--json");
    expect(code).toBe(1);
    expect(stagesThat("bad", stdout)).toEqual(["answer", "executor"]);
    expect(stagesThat("unknown", stdout)).toContain("authentication");
    expect(stdout).not.toMatch(/unreachable/u);
  });

  it("shows the form of a URL with credentials, which are none", async () => {
    await using scene = await setScene();
    scene.server.respond(html(407, "<h1>Proxy Authentication Required</h1>"));
    const { stdout } = await scene.run("doctor");
    expect(stdout).toContain("http://user:password@host:port");
    expect(stdout).not.toContain("redacted");
  });

  it("names the executor to which the nodes on disk belong, before an agent starts", async () => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    const look = async () => await command(["doctor", "--json", "-c", place.configPath]);
    const list = listOf([makeSpec("ltc-1")]);
    const nodes = list.nodes.map((node) => ({ ...node, executor: "fra-29" }));
    expect(await writeNodes(place.dataDir, { ...list, nodes })).toBeUndefined();
    const { stdout } = await look();
    expect(stagesThat("bad", stdout)).toEqual(["tcp", "executor", "nodes"]);
    expect(stdout).toMatch(
      /agent\.name is \S+ \(\S+agent\.toml line \d+\), and ltc-1 on this host belongs to executor fra-29, so no order for it would arrive/u,
    );
    const [edit = ""] = /sed -i [^.]+' \S+agent\.toml/u.exec(stdout.replaceAll('\\"', '"')) ?? [];
    execFileSync("sh", ["-c", edit]);
    expect(stagesThat("bad", (await look()).stdout)).toEqual(["tcp", "executor"]);
  });

  it("nothing that listens is the TCP stage's", async () => {
    using place = home();
    place.write({ url: "http://127.0.0.1:1", key: makeKey() });
    const { code, stdout } = await command(["doctor", "--json", "-c", place.configPath]);
    expect(code).toBe(1);
    expect(stagesThat("bad", stdout)).toEqual(["tcp", "executor"]);
    expect(stagesThat("ok", stdout)).toEqual(expect.arrayContaining(["file", "syntax", "key", "dns"]));
  });
});
