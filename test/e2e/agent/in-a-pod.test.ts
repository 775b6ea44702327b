import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startAgent } from "../../support/agent/agent-process.ts";
import { html, json } from "../../support/agent/behaviours.ts";
import { type Scene, setScene } from "../../support/agent/cli-scene.ts";
import { command } from "../../support/agent/command.ts";
import { makeKey } from "../../support/keys.ts";

/** Nothing of it is in the image, or of use in it. */
const OF_A_HOST = /\b(?:sudo|systemctl|journalctl|timedatectl|chown|chgrp|LoadCredential|ReadWritePaths)\b/u;
/** Without a file that names them, the agent uses the folders of the environment. */
const inPod = ({ dataDir, runtimeDir }: Scene["place"]) => ({
  KUBERNETES_SERVICE_HOST: "10.96.0.1",
  STATE_DIRECTORY: dataDir,
  RUNTIME_DIRECTORY: runtimeDir,
});

interface Trouble {
  readonly what: string;
  /** The event of the line that tells of it. */
  readonly event: string;
  readonly prepare: (scene: Scene) => void;
  readonly wrapper?: readonly string[];
}

const TROUBLES: readonly Trouble[] = [
  { what: "no key", event: "key.unusable", prepare: ({ place, server }) => place.write({ url: server.url }) },
  {
    what: "a key file that is not mounted",
    event: "key.unusable",
    prepare: ({ place, server }) => place.write({ url: server.url, keyFile: "/etc/novacula-key/key" }),
  },
  {
    what: "a folder in the place of the key",
    event: "key.unusable",
    prepare({ place, server }) {
      mkdirSync(`${place.folder}/key`);
      place.write({ url: server.url, keyFile: `${place.folder}/key` });
    },
  },
  { what: "no file", event: "config.invalid", prepare: ({ place }) => rmSync(place.configPath) },
  {
    what: "a file that is not TOML",
    event: "config.invalid",
    prepare: ({ place }) => writeFileSync(place.configPath, "url"),
  },
  { what: "a refused key", event: "key.refused", prepare: ({ putKey }) => putKey(makeKey()) },
  {
    what: "a key of another organization",
    event: "key.forbidden",
    prepare: ({ server }) =>
      server.respond(
        json(403, {
          errors: [{ message: "no", extensions: { code: "FORBIDDEN", reason: "wrong_organization" } }],
        }),
      ),
  },
  {
    what: "another program behind the URL",
    event: "control-plane.unreachable",
    prepare: ({ server }) => server.respond(html(404, "Not Found")),
  },
  {
    what: "a state that may not be written",
    event: "state.unwritable",
    prepare: () => {},
    wrapper: ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"],
  },
  {
    what: "a folder in the place of the state",
    event: "state.unwritable",
    prepare: ({ place }) => mkdirSync(`${place.dataDir}/state.json/x`, { recursive: true }),
  },
  {
    what: "a file in the place of the folder of the socket",
    event: "agent.not-started",
    prepare: ({ place }) => writeFileSync(place.runtimeDir, ""),
  },
];

describe.concurrent("in a pod, no advice is for a host", () => {
  it.each(TROUBLES)("$what", async ({ event, prepare, wrapper }) => {
    await using scene = await setScene();
    prepare(scene);
    const environment = inPod(scene.place);
    const options = wrapper === undefined ? {} : { wrapper };
    await using agent = startAgent({ ...scene.place, environment, runOptions: ["--wait"], ...options });
    const { message } = await agent.waitForLine(event);
    expect(message).not.toMatch(OF_A_HOST);
    for (const words of [["status"], ["check"], ["doctor"], ["doctor", "--json"]]) {
      const { output } = await command([...words, "-c", scene.place.configPath], { environment });
      expect(output, words.join(" ")).not.toMatch(OF_A_HOST);
    }
    expect(agent.lines.map((line) => line.message).join("\n")).not.toMatch(OF_A_HOST);
  });
});
