import { describe, expect, it, vi } from "vitest";
import { nodeBinary } from "../../../packaging/executable.ts";
import { eventually } from "../../support/eventually.ts";
import { onEachRelease } from "./support/debian-release.ts";
import { examine } from "./support/examine.ts";
import { ExecutorHost, type IssuedKey } from "./support/executor-host.ts";
import {
  BREAKING_SETTINGS,
  DROP_IN,
  HOST_FAULTS,
  type HostFault,
  RESTART,
  withDropIn,
} from "./support/host-faults.ts";
import { haveMachines } from "./support/hosts.ts";

/** Some sixty times, something is broken, found and repaired. */
vi.setConfig({ testTimeout: 1_800_000 });

const WITH_NODE = { options: [`--bind-ro=${nodeBinary()}:/opt/node`] };

async function breakAndRepair(
  host: ExecutorHost,
  key: IssuedKey,
  { stage, says, script, fix, tidy }: HostFault,
): Promise<void> {
  await host.machine.sh(script);
  const { checks, cause, exitCode } = await examine(host);
  expect(cause?.stage, `${script}: ${JSON.stringify(checks)}`).toBe(stage);
  expect(`${cause?.detail} ${cause?.remedy}`).toContain(says);
  const remedy = cause?.remedy ?? "";
  expect(remedy, stage).not.toBe("");
  expect(exitCode).toBe(1);
  await host.machine.sh(fix ?? remedy.slice(remedy.lastIndexOf(": ") + 2));
  await host.untilOnline(key);
  const again = await examine(host);
  expect(again, `${script}: ${JSON.stringify(again.checks)}`).toMatchObject({
    exitCode: 0,
    isOnline: true,
    cause: null,
  });
  await host.machine.sh(tidy ?? "true");
}

/** Until doctor names the last of these lines of a drop-in, with its place. */
async function untilNamed(host: ExecutorHost, lines: readonly string[]): Promise<void> {
  const setting = lines.at(-1)?.replace(/^Environment=(\w+)=.*/u, "$1") ?? "";
  const isNamed = async () => {
    const { checks, exitCode } = await examine(host);
    const said = checks.map(({ detail, remedy }) => `${detail} ${remedy}`).join(" ");
    if (exitCode === 1 && said.includes(setting) && said.includes(`${DROP_IN} line ${lines.length + 1}`)) {
      return true;
    }
    throw new Error(`${exitCode}: ${JSON.stringify(checks.filter(({ status }) => status !== "ok"))}`);
  };
  // Some settings take a second or two to break something.
  await eventually(isNamed, { describe: setting, timeoutMs: 40_000 });
}

describe.skipIf(!haveMachines)("doctor on each Debian", () => {
  it("finds nothing where all is well, and names the stage where something is not", () =>
    onEachRelease(async (release) => {
      const { host, key } = await ExecutorHost.online(release, WITH_NODE);
      const well = await examine(host);
      expect(well.checks.filter((check) => check.status !== "ok")).toEqual([]);
      expect(well.exitCode).toBe(0);
      for (const fault of HOST_FAULTS) {
        await breakAndRepair(host, key, fault);
      }
    }));

  it("names each setting of a drop-in that breaks the service, with its file and line", () =>
    onEachRelease(async (release) => {
      const { host, key } = await ExecutorHost.online(release, WITH_NODE);
      const silent: string[] = [];
      for (const lines of BREAKING_SETTINGS) {
        await host.machine.sh(withDropIn(...lines));
        await untilNamed(host, lines).catch((error: unknown) => void silent.push(String(error)));
        await host.machine.sh(`rm -f ${DROP_IN}; ${RESTART}`);
        await host.untilOnline(key);
      }
      expect(silent).toEqual([]);
    }));
});
