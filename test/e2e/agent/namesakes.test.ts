import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { namesakesAt } from "../../../src/agent/cli/doctor/here/namesakes.ts";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { createExecutorSyncs } from "../../support/control-plane/executor-syncs.ts";
import { NEVER } from "../../support/control-plane/test-client.ts";
import { eventually } from "../../support/eventually.ts";

async function started(env: Readonly<Record<string, string>>) {
  const plane = await startControlPlane({ env });
  onTestFinished(async () => void (await plane.stop()));
  return plane;
}

it("the control plane of this host says in which organizations an executor has the same name", async () => {
  const plane = await started({ HEARTBEAT_TIMEOUT_MS: "1000" });
  const synced = async (name: string, executor: string) => {
    const { slug } = await plane.createOrganization(name);
    const { secret } = await plane.createKey({ org: slug });
    const executes = createExecutorSyncs(plane.url, secret, executor);
    expect((await executes.one()).text).toContain(executor);
    return executes;
  };
  await synced("acme", "fra-34");
  const { one } = await synced("trial", "fra-34");
  // Its name only begins the same.
  await synced("other", "fra-341");
  const asked = { name: "fra-34", organization: "trial" };
  const isSeen = async () => {
    await one();
    const found = await namesakesAt(plane.socketPath, asked, NEVER);
    const [acme, trial, ...more] = found?.all ?? [];
    expect(more).toEqual([]);
    expect([acme?.organization, trial?.organization]).toEqual(["acme", "trial"]);
    expect(acme?.createdAt).toBeLessThan(trial?.createdAt ?? 0);
    return acme?.isOnline === false && acme.lastSyncAt !== undefined && trial?.isOnline === true;
  };
  await eventually(isSeen, { describe: "an executor that is offline" });
});

it("what does not answer as a control plane says nothing", async () => {
  const plane = await started({});
  const asked = { name: "fra-34", organization: "trial" };
  expect(await namesakesAt(join(plane.directory, "none.sock"), asked, NEVER)).toBeUndefined();
  expect(await namesakesAt(plane.databasePath, asked, NEVER)).toBeUndefined();
  expect(await namesakesAt(plane.socketPath, asked, AbortSignal.abort())).toBeUndefined();
});
