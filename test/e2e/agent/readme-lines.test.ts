import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startFleet } from "../../support/agent/rotation-scene.ts";
import { ROOT } from "../../support/source-files.ts";

/** Blocks of the README that hold one line of the journal, by event. */
function sampleLines(): ReadonlyMap<string, string> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const lines = [...readme.matchAll(/^```\n([a-z.-]+): (.*)\n```$/gmu)];
  return new Map(lines.map(([, event = "", message = ""]) => [event, message]));
}

/** What differs from one run to the next: fingerprints, key IDs, times, lines. */
function shape(message: string): string {
  return message
    .replaceAll(/\b[A-Za-z0-9]{32}\b/gu, "ID")
    .replaceAll(/\bkey [0-9a-f]{8}\b/gu, "key FINGERPRINT")
    .replaceAll(/(?:\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}:\d{2}/gu, "TIME")
    .replaceAll(/\bline \d+\b/gu, "line N")
    .replaceAll(/\bcolumn \d+\b/gu, "column N");
}

it("the lines in the README are what the agent writes for a rotation and for a damaged key", async () => {
  const samples = sampleLines();
  await using fleet = await startFleet();
  const host = await fleet.online(await fleet.plane.createKey({ name: "prod" }));
  const { secret } = await fleet.plane.createKey({ name: "prod-2" });
  host.useKey(secret);
  const rotated = await host.agent.waitForLine("key.rotated");
  host.useKey(`${secret.slice(0, 8)}\u{a0}${secret.slice(8)}`);
  const unusable = await host.agent.waitForLine("key.unusable");

  expect([...samples.keys()]).toEqual(["key.rotated", "key.unusable"]);
  expect(shape(rotated.message)).toBe(shape(samples.get("key.rotated") ?? ""));
  expect(shape(unusable.message)).toBe(shape(samples.get("key.unusable") ?? ""));
});
