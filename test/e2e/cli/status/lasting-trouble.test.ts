import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { startAgent } from "../../../support/agent/agent-process.ts";
import { knowing, START_LIMIT_MS, setScene } from "../../../support/agent/cli-scene.ts";

/** What keeps an agent from its state. Each has a command in front of the agent's, or a change. */
const TROUBLES = [
  {
    what: "a limit of the size of files",
    wrapper: ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"],
    says: /may not write so large a file \(EFBIG\)/,
    fix: /Remove that limit/,
  },
  {
    what: "a folder in the place of state.json",
    prepare: (dataDir: string) => mkdirSync(`${dataDir}/state.json/x`, { recursive: true }),
    says: /a folder or a link is in its place|is a folder/,
    fix: /Move it away/,
  },
] as const;

it.each(TROUBLES)(
  "$what: the executor is online, and status and doctor say what is wrong",
  async (trouble) => {
    await using scene = await setScene();
    scene.server.respond(knowing(scene.key, scene.fresh));
    const { place } = scene;
    mkdirSync(place.dataDir, { recursive: true });
    if ("prepare" in trouble) {
      trouble.prepare(place.dataDir);
    }
    const wrapper = "wrapper" in trouble ? trouble.wrapper : [];
    await using agent = startAgent({ ...place, wrapper });
    const status = await agent.waitForStatus(
      ({ state, conditions }) => state === "online" && conditions.length > 0,
      START_LIMIT_MS,
    );
    expect(status.conditions).toMatchObject([{ event: "state.unwritable", level: "error" }]);
    const shown = await scene.run("status");
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^Problem: /mu);
    const judged = await scene.run("doctor", "--json");
    expect(judged.code).toBe(1);
    expect(JSON.parse(judged.stdout)).toMatchObject({
      verdict: "bad",
      isOnline: true,
      cause: {
        stage: "unit",
        detail: expect.stringMatching(trouble.says),
        remedy: expect.stringMatching(trouble.fix),
      },
    });
  },
);
