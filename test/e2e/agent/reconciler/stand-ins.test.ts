import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeOnTrial } from "../../../support/chains/client-process.ts";
import { nodeSpec } from "../../../support/chains/node-specs.ts";
import { tempDir } from "../../../support/temp-dir.ts";

/** There is no package with a consensus client, so both clients of Ethereum are stand-ins here. */

const SCRIPT = join(import.meta.dirname, "../../../support/chains/stand-in.ts");

function standIn(): string {
  const path = join(tempDir(), "client");
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${SCRIPT}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

const PAIRS = [
  ["geth", "1.16.7", "lighthouse", "8.0.1"],
  ["reth", "1.9.3", "lodestar", "1.36.0"],
] as const;

describe.each(PAIRS)("%s %s and %s %s", (el, elVersion, cl, clVersion) => {
  it("share a JWT, are started in order, and stop by their signal", { timeout: 120_000 }, async () => {
    const program = standIn();
    const clients = [
      { role: "el", client: el, version: elVersion, allowDowngrade: false },
      { role: "cl", client: cl, version: clVersion, allowDowngrade: false },
    ];
    const node = await nodeOnTrial(nodeSpec("ethereum", "hoodi", { clients }), () => program);
    expect(node.processes.map(({ role }) => role)).toEqual(["el", "cl"]);
    const consensus = node.start("cl");
    expect(await consensus.answers()).toMatchObject({
      height: 0,
      peers: 7,
      isBehind: true,
      version: "StandIn/v2",
    });
    const execution = node.start("el");
    expect(await execution.answers(({ height }) => height !== 0)).toMatchObject({
      peers: 3,
      isBehind: false,
    });
    expect(await consensus.answers(({ isBehind }) => !isBehind)).toMatchObject({ progress: 1 });
    const before = await execution.answers();
    await execution.answers(({ height }) => (height ?? 0) > (before.height ?? 0));
    expect(await consensus.stop()).toBe(0);
    expect(await execution.stop()).toBe(0);
  });
});

describe("the consensus client of another node", () => {
  it("is refused by the execution client", { timeout: 120_000 }, async () => {
    const program = standIn();
    const node = await nodeOnTrial(nodeSpec("ethereum", "hoodi"), () => program);
    const execution = node.start("el");
    await execution.answers();
    const port = node.portOf("el", "engine");
    const other = await nodeOnTrial(
      nodeSpec("ethereum", "hoodi", { ports: [{ role: "el", name: "engine", port }] }),
      () => program,
    );
    const stranger = other.start("cl");
    expect(await stranger.answers()).toMatchObject({ isBehind: true });
    // Its own consensus client is accepted, so the stranger has had its turns by then.
    const own = node.start("cl");
    const reading = await own.answers(({ height }) => (height ?? 0) >= 20);
    expect((await execution.answers()).height).toBeGreaterThanOrEqual(reading.height ?? 0);
    expect(await stranger.answers()).toMatchObject({ height: 0, isBehind: true });
  });
});
