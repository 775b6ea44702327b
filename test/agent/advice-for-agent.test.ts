import { afterEach, describe, expect, it } from "vitest";
import {
  adviseFor,
  adviseForAgent,
  adviseInPod,
  agentCommand,
  asRoot,
  forAgent,
  setKeyHint,
  withSudo,
} from "../../src/lib/shell-word.ts";
import { sourceFiles } from "../support/source-files.ts";

afterEach(() => {
  adviseForAgent(undefined, false);
  adviseInPod(undefined);
  adviseFor({});
});

describe("a command about the agent", () => {
  it("names its file, unless a command without it finds the same", () => {
    expect(agentCommand("retry")).toBe("novacula-agent retry");
    expect(setKeyHint()).toBe(" (sudo novacula-agent set-key)");
    adviseForAgent("/srv/my agent.toml", false);
    expect(agentCommand("nodes purge btc-1")).toBe(
      "novacula-agent nodes purge btc-1 -c '/srv/my agent.toml'",
    );
    expect(setKeyHint()).toBe(" (sudo novacula-agent set-key -c '/srv/my agent.toml')");
    expect(forAgent("doctor", withSudo)).toBe("sudo novacula-agent doctor -c '/srv/my agent.toml'");
    expect(forAgent("doctor")).toBe(asRoot("novacula-agent doctor -c '/srv/my agent.toml'"));
  });

  it("needs no sudo if the agent is a person's own", () => {
    adviseFor({ SUDO_UID: "1000" });
    adviseForAgent("/home/ann/agent.toml", true);
    expect(forAgent("set-key")).toBe("novacula-agent set-key -c /home/ann/agent.toml");
    expect(setKeyHint()).toBe(" (novacula-agent set-key -c /home/ann/agent.toml)");
    adviseInPod("agent-1-0");
    expect(forAgent("doctor")).toBe(
      "kubectl exec agent-1-0 -- novacula-agent doctor -c /home/ann/agent.toml",
    );
  });
});

/** Help, tables of the documentation, and the agent of the service whoever asks. */
const OTHERS = [
  /-commands\.ts$|\/cli\/commands\.ts$|\/cli\/option-values\.ts$/u,
  /^src\/agent\/(?:journal|cli\/dev|cli\/service)\//u,
  // Without a configuration yet, or about the one of the service.
  /\/key-in-argument\.ts$|\/service-checks\.ts$/u,
];
/** In a text, and neither in a comment nor in the description of a schema. */
const UNNAMED =
  /^(?! *(?:\*|\/\/|\/\*|\.describe)).*["`](?:[^"`\n]*[^`"/\w.\n])?novacula-agent (?:set-key|retry|reload|status|doctor|nodes)\b/gmu;

it("is written by one function, so that none forgets the file", () => {
  const forgetful = sourceFiles()
    .filter(({ path, program }) => program === "agent" && !OTHERS.some((other) => other.test(path)))
    .flatMap(({ path, text }) => (text.match(UNNAMED) ?? []).map((line) => `${path}: ${line.trim()}`));
  expect(forgetful).toEqual([]);
});
