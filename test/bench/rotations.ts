import { startFleet } from "../support/agent/rotation-scene.ts";

/** How long operators wait for a key that was rotated in one step, and for a stop, ms. */
export interface Rotations {
  /** From the new key in the file until the executor is online with it; the old one was refused. */
  readonly recoveries: readonly number[];
  /** From SIGTERM to the control plane until its process has ended. */
  readonly stopMs: number;
}

/** A real agent against the real control plane, both from source. */
export async function measureRotations(rounds: number): Promise<Rotations> {
  const recoveries: number[] = [];
  await using fleet = await startFleet();
  const { plane } = fleet;
  let key = await plane.createKey();
  const { agent, useKey } = await fleet.online(key);
  for (let round = 0; round < rounds; round += 1) {
    const { secret, fingerprint, ...fresh } = await plane.rotateKey(key.id);
    await agent.waitForStatus(({ state }) => state === "key-refused");
    useKey(secret);
    const writtenAtMs = Date.now();
    const online = await agent.waitForStatus(
      (status) => status.state === "online" && status.key?.fingerprint === fingerprint,
    );
    recoveries.push(Date.parse(online.since ?? "") - writtenAtMs);
    key = { secret, fingerprint, ...fresh };
  }
  const stoppedAtMs = performance.now();
  await plane.stop();
  return { recoveries, stopMs: performance.now() - stoppedAtMs };
}
