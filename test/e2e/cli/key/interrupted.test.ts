import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { setScene } from "../../../support/agent/cli-scene.ts";
import { keepText } from "../../../support/canary.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";

/** Runs a command until it waits for the control plane, and ends it then. */
async function interrupted(words: readonly string[], signal: NodeJS.Signals) {
  await using scene = await setScene();
  const asked = Promise.withResolvers<void>();
  scene.server.respond(() => asked.resolve());
  const args = [AGENT, ...words, "-c", scene.place.configPath];
  const child = spawn(process.execPath, args, { env: ENVIRONMENT });
  const closed = once(child, "close");
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  await asked.promise;
  child.kill(signal);
  await closed;
  const [stdout, stderr] = await said;
  keepText(`interrupted-${words[0]}.txt`, stdout + stderr);
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

describe.concurrent("a command that changes nothing", () => {
  const cases = [["doctor"], ["doctor", "--json"], ["check", "--online"]].flatMap((words) =>
    (["SIGTERM", "SIGINT"] as const).map((signal) => ({ words, signal })),
  );

  it.each(cases)("$words is ended by $signal, and says nothing", async ({ words, signal }) => {
    expect(await interrupted(words, signal)).toEqual({ code: null, signal, stdout: "", stderr: "" });
  });
});
