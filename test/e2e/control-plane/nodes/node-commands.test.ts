import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { startActingExecutor } from "../../../support/control-plane/acting-executor.ts";
import {
  runCommand,
  runCommandAnswering,
  startControlPlane,
} from "../../../support/control-plane/control-plane.ts";
import { eventually } from "../../../support/eventually.ts";

const CREATE = ["--executor", "agent-1", "--chain", "litecoin", "--network", "regtest"];
const TIMEOUT = { timeout: 120_000 };

async function scene() {
  const controlPlane = await startControlPlane();
  onTestFinished(async () => void (await controlPlane.stop()));
  const { secret } = await controlPlane.createKey();
  const executor = await startActingExecutor(controlPlane.url, secret);
  onTestFinished(() => executor.stop());
  const nodes = (...args: string[]) => runCommand(["nodes", ...args, "--socket", controlPlane.socketPath]);
  return { controlPlane, executor, nodes };
}

const shown = z.object({
  node: z.object({ phase: z.string(), revision: z.number(), desiredState: z.string() }),
});

it("takes a node through its life, and tells how far it is", TIMEOUT, async () => {
  const { executor, nodes } = await scene();
  // Longer than the control plane waits before it writes reports.
  executor.state.reportsPerStep = 20;
  const created = await nodes("create", "--name", "ltc-1", ...CREATE, "--set", "node.dbcache=300", "--wait");
  expect(created).toMatchObject({ exitCode: 0 });
  expect(created.stdout).toMatch(/^Created node ltc-1, \w{32}, on executor agent-1\. It is running\.\n$/);
  expect(created.stderr).toMatch(/ltc-1: syncing 43 %\n/);
  executor.state.reportsPerStep = 1;
  const show = async () => shown.parse(JSON.parse((await nodes("show", "ltc-1", "--json")).stdout)).node;
  expect(await show()).toMatchObject({ phase: "running", revision: 1 });
  expect((await nodes("show", "ltc-1")).stdout).toMatch(/Settings: +node\.dbcache=300\n/);
  expect((await nodes("list")).stdout).toMatch(
    /^NAME .*\nltc-1 +running +litecoin +regtest +agent-1 +100 +8 /,
  );

  expect(await nodes("stop", "ltc-1", "--wait")).toMatchObject({
    exitCode: 0,
    stdout: "Node ltc-1 is stopped.\n",
  });
  expect(await nodes("restart", "ltc-1")).toMatchObject({ exitCode: 1 });
  expect(await nodes("start", "ltc-1", "--wait")).toMatchObject({
    exitCode: 0,
    stdout: "Node ltc-1 is running.\n",
  });
  expect(await nodes("restart", "ltc-1", "--wait")).toMatchObject({ exitCode: 0 });
  expect(await show()).toMatchObject({ phase: "running", revision: 4 });
  expect(
    await nodes("update", "ltc-1", "--unset", "node.dbcache", "--memory", "node=2GiB", "--wait"),
  ).toMatchObject({
    exitCode: 0,
    stdout: "Node ltc-1 is at revision 5 now.\n",
  });
  expect((await nodes("show", "ltc-1")).stdout).toMatch(/Settings: +defaults\nLimits: +node memory 2 GiB\n/);

  expect(await nodes("delete", "ltc-1", "--keep-data", "--confirm", "ltc-1", "--wait")).toMatchObject({
    exitCode: 0,
  });
  expect((await nodes("list")).stdout).toMatch(/^ltc-1 +kept .*\n.*novacula-agent nodes purge ltc-1/ms);
  expect((await nodes("show", "ltc-1")).stdout).toMatch(/^Phase: +kept\. /m);
  expect((await nodes("start", "ltc-1")).exitCode).toBe(1);
  const again = await nodes("create", "--name", "ltc-1", ...CREATE);
  expect(again).toMatchObject({ exitCode: 1 });
  expect(again.stderr).toMatch(/novacula-agent nodes purge ltc-1/);
  executor.purge();
  const freed = await eventually(
    async () => {
      const result = await nodes("create", "--name", "ltc-1", ...CREATE);
      return result.exitCode === 0 && result;
    },
    { describe: "the name is free after a purge" },
  );
  expect(freed.stdout).toMatch(/^Created node ltc-1/);
  expect(await nodes("delete", "ltc-1", "--delete-data", "--confirm", "ltc-1", "--wait")).toMatchObject({
    exitCode: 0,
  });
});

it("names every wrong entry in a line of its own, and creates nothing", TIMEOUT, async () => {
  const { nodes } = await scene();
  const refused = await nodes(
    "create",
    "--name",
    "ltc-1",
    ...CREATE,
    "--set",
    "node.rpcbind=0.0.0.0",
    "--set",
    "node.dbcache=x",
  );
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /2 entries are refused:\n +overrides\.node\.rpcbind: .*\n +overrides\.node\.dbcache: /,
  );
  const none = await nodes("list", "--json");
  expect(JSON.parse(none.stdout)).toEqual({ nodes: [] });
});

it("deletes only with a decision about the data and the name typed", TIMEOUT, async () => {
  const { controlPlane, nodes } = await scene();
  await nodes("create", "--name", "ltc-1", ...CREATE);
  expect(await nodes("delete", "ltc-1")).toMatchObject({ exitCode: 64 });
  expect(await nodes("delete", "ltc-1", "--delete-data")).toMatchObject({ exitCode: 64 });
  expect(await nodes("delete", "ltc-1", "--keep-data", "--delete-data")).toMatchObject({ exitCode: 64 });
  expect(await nodes("delete", "ltc-1", "--delete-data", "--confirm", "ltc-2")).toMatchObject({
    exitCode: 1,
  });
  expect(await nodes("delete", "ltc-1", "--host-lost", "--confirm", "ltc-1")).toMatchObject({ exitCode: 1 });
  const command = ["nodes", "delete", "ltc-1", "--delete-data", "--socket", controlPlane.socketPath];
  const wrong = await runCommandAnswering(command, "yes\n");
  expect(wrong).toMatchObject({ exitCode: 1, stdout: "" });
  expect(wrong.stderr).toMatch(
    /with all of its data\. This cannot be undone\.\nTo confirm, type ltc-1: .*cancelled/s,
  );
  expect(await runCommandAnswering(command, "ltc-1\n")).toMatchObject({ exitCode: 0 });
});

it("asks which node, if several executors have one of this name", TIMEOUT, async () => {
  const { controlPlane, nodes } = await scene();
  const { secret } = await controlPlane.createKey({ name: "other" });
  const other = await startActingExecutor(controlPlane.url, secret, "agent-2");
  onTestFinished(() => other.stop());
  await nodes("create", "--name", "ltc-1", ...CREATE);
  await nodes("create", "--name", "ltc-1", ...CREATE, "--executor", "agent-2");
  expect(await nodes("show", "ltc-1")).toMatchObject({ exitCode: 5 });
  expect(await nodes("show", "ltc-1", "--executor", "agent-2")).toMatchObject({ exitCode: 0 });
  expect(await nodes("show", "ltc-2")).toMatchObject({ exitCode: 4 });
});
