import { existsSync } from "node:fs";
import { runTool } from "../run-tool.ts";

export interface TarOptions {
  /** The archive. If it is there, the members are appended. */
  readonly path: string;
  /** Where the members are. */
  readonly folder: string;
  readonly members: readonly string[];
  /** Of each member: user and group. */
  readonly owner: number;
  /** As of chmod(1), for each member. */
  readonly mode: string;
  readonly builtAt: Date;
}

/** Packs with GNU tar: the same files give the same bytes, on every machine and at any time. */
export async function reproducibleTar(options: TarOptions): Promise<void> {
  const { path, folder, members, owner, mode, builtAt } = options;
  await runTool("tar", [
    existsSync(path) ? "--append" : "--create",
    `--file=${path}`,
    `--directory=${folder}`,
    "--format=gnu",
    "--sort=name",
    `--owner=:${owner}`,
    `--group=:${owner}`,
    "--numeric-owner",
    `--mode=${mode}`,
    `--mtime=@${builtAt.getTime() / 1000}`,
    "--",
    ...members,
  ]);
}
