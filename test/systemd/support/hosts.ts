import { inject } from "vitest";
import type { DebianRelease } from "./debian-release.ts";
import type { Roots } from "./global-setup.ts";
import { Machine, type MachineOptions } from "./machine.ts";

/** undefined where the global setup has said why no container can be booted here. */
const roots = inject("roots");

export const haveMachines = roots !== undefined;

export function suiteRoots(): Roots {
  if (roots === undefined) throw new Error("no machine can be booted: skip this test");
  return roots;
}

export type Extras = Omit<MachineOptions, "layers">;

/** A Debian without our packages. */
export async function bootEmpty({ codename }: DebianRelease, extras: Extras = {}): Promise<Machine> {
  return await Machine.boot({ ...extras, layers: [suiteRoots().bare[codename] ?? ""] });
}

/** A Debian with both packages installed as an image has them: the services start at the boot for the first time. */
export async function bootInstalled(release: DebianRelease, extras: Extras = {}): Promise<Machine> {
  return await Machine.boot({ ...extras, layers: installedLayers(release) });
}

export function installedLayers({ codename }: DebianRelease): readonly string[] {
  const { installed, bare } = suiteRoots();
  return [installed[codename] ?? "", bare[codename] ?? ""];
}
