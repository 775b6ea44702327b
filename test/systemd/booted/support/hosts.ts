import { inject, onTestFinished } from "vitest";
import { comingRoots } from "./coming-roots.ts";
import type { DebianRelease } from "./debian-release.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import type { Roots } from "./machine-roots.ts";

/** undefined if no container can be booted here; the global setup has said why. */
const layers = inject("layers");
const roots = layers === undefined ? undefined : await comingRoots(layers);

export const haveMachines = roots !== undefined;

export function suiteRoots(): Roots {
  if (roots === undefined) {
    throw new Error("no machine can be booted: skip this test");
  }
  return roots;
}

export interface Extras extends Omit<MachineOptions, "layers"> {
  /** Whether Debian's clients of nodes are installed. An ExecutorHost has none unless this is true. */
  readonly hasClients?: boolean;
}

/** A Debian without our packages. Like all machines, it ends with the test. */
export async function bootEmpty({ codename }: DebianRelease, extras: Extras = {}): Promise<Machine> {
  return await boot([suiteRoots().bare[codename] ?? ""], extras);
}

/**
 * A Debian with all packages installed as in an image: the services start for the first time at
 * boot.
 */
export async function bootInstalled({ codename }: DebianRelease, extras: Extras = {}): Promise<Machine> {
  const { installed, bare } = suiteRoots();
  return await boot([installed[codename] ?? "", bare[codename] ?? ""], extras);
}

/** The same with the organization `acme`. The control plane logs each refused sync. */
export async function bootPrepared({ codename }: DebianRelease, extras: Extras = {}): Promise<Machine> {
  const { prepared, installed, bare } = suiteRoots();
  return await boot([prepared[codename] ?? "", installed[codename] ?? "", bare[codename] ?? ""], extras);
}

async function boot(below: readonly string[], { hasClients = true, ...extras }: Extras): Promise<Machine> {
  const layers = hasClients ? below : [suiteRoots().withoutClients, ...below];
  const machine = await Machine.start({ ...extras, layers });
  onTestFinished(async () => await machine.stop());
  return machine;
}
