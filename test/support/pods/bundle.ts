import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { VERSION } from "../../../src/lib/version.ts";

const run = promisify(execFile);

const specSchema = z.looseObject({
  process: z.looseObject({
    args: z.array(z.string()),
    env: z.array(z.string()),
    user: z.looseObject({ uid: z.number(), gid: z.number() }),
  }),
  root: z.looseObject({ path: z.string() }),
  annotations: z.record(z.string(), z.string()),
});

/** How a container is started; config.json of the OCI runtime specification. */
export type Spec = z.infer<typeof specSchema>;

/** An unpacked image. */
export interface Bundle {
  readonly folder: string;
  /** The files of the image. */
  readonly root: string;
  /** As the image wants to be started. */
  readonly spec: Spec;
}

/** Unpacks an OCI archive with umoci, which checks each digest. `folder` must not be there yet. */
export async function unpack(archive: string, folder: string): Promise<Bundle> {
  const layout = `${folder}.layout`;
  mkdirSync(layout);
  await run("tar", ["--extract", `--file=${archive}`, `--directory=${layout}`]);
  await run("umoci", ["unpack", "--image", `${layout}:${VERSION}`, folder]);
  const spec = specSchema.parse(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
  return { folder, root: join(folder, "rootfs"), spec };
}

export interface Mount {
  /** On the host. */
  readonly source: string;
  readonly path: string;
  readonly isReadOnly?: boolean;
}

export interface Pod {
  /** What follows the entry point of the image. */
  readonly args: readonly string[];
  /** `NAME=value` */
  readonly environment: readonly string[];
  readonly mounts: readonly Mount[];
}

/**
 * Has the next container of the bundle start as the charts want it: read-only root, no capabilities,
 * no new privileges, the group of volumes. It keeps the network of the host.
 */
export function confine({ folder, spec }: Bundle, { args, environment, mounts }: Pod) {
  const { uid, gid } = spec.process.user;
  const volumes = mounts.map(({ source, path, isReadOnly }) => ({
    destination: path,
    type: "bind",
    source,
    options: ["bind", "nosuid", "nodev", isReadOnly === true ? "ro" : "rw"],
  }));
  const confined = {
    ociVersion: "1.0.0",
    process: {
      args: [...spec.process.args.slice(0, 1), ...args],
      env: [...spec.process.env, ...environment],
      cwd: "/",
      user: { uid, gid, additionalGids: [gid] },
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: spec.root.path, readonly: true },
    hostname: "pod-0",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      ...volumes,
    ],
    linux: { namespaces: ["pid", "mount", "ipc", "uts"].map((type) => ({ type })) },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(confined));
}
