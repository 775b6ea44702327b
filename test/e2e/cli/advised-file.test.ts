import { describe, expect, it } from "vitest";
import { knowing, onlineAgent, setScene } from "../../support/agent/cli-scene.ts";
import { makeKey } from "../../support/keys.ts";

const WAIT_MS = 20_000;
const COMMAND = /novacula-agent (?:set-key|retry|reload|status|doctor|nodes)\b[^)\n;]*/gu;

describe.concurrent("what an agent with a file of its own advises", () => {
  it("has the file in every command: journal, status, reload, retry, check and doctor", async () => {
    await using scene = await setScene();
    const { key, place, server, run } = scene;
    await using agent = await onlineAgent(place, key);
    server.respond(knowing());
    const refused = await agent.waitForLine("key.refused", /set-key/u, WAIT_MS);
    const said = [
      JSON.stringify(refused),
      ...(await Promise.all(
        [["status"], ["reload", "--wait"], ["retry"], ["check", "--online"], ["doctor"]].map(
          async (words) => (await run(...words)).output,
        ),
      )),
    ];
    for (const text of said) {
      const commands = text.match(COMMAND) ?? [];
      expect(commands, text).not.toEqual([]);
      expect(commands.filter((command) => !command.includes(` -c ${place.configPath}`))).toEqual([]);
    }
  });

  it("so do a key that is missing, and an agent that does not run", async () => {
    await using scene = await setScene();
    const { place, run, server } = scene;
    place.write({ url: server.url, key: makeKey().slice(0, 0) });
    for (const words of [["check"], ["doctor"], ["status"], ["retry"]]) {
      const { output } = await run(...words);
      const commands = output.match(COMMAND) ?? [];
      expect(commands.filter((command) => !command.includes(` -c ${place.configPath}`))).toEqual([]);
    }
  });
});
