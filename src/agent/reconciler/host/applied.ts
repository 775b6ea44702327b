import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/u);
const count = z.number().int().min(0);

const writtenSchema = z.strictObject({
  /** Of arguments, files and version. */
  hash,
  /** Of arguments and files, to compare with those on disk. */
  content: hash,
  /** The names of the files. */
  files: z.array(z.string().max(64)).max(16),
  revision: count,
  generation: count,
  /** Of the client; empty: it is not known. */
  version: z.string().max(64).default(""),
});

const processSchema = z.strictObject({
  /** What the agent wrote last: the next start is with it. */
  written: writtenSchema.nullable(),
  /** What the process with this invocation was started with. */
  started: writtenSchema
    .extend({
      invocationId: z.string().max(64),
      /** The hash of the unit template then; empty: it is not known. */
      template: hash.or(z.literal("")).default(""),
    })
    .nullable(),
  /** The limits that the hand was told last. */
  limits: z.string().max(200),
});

const schema = z.strictObject({
  format: z.literal(1),
  /** Of the node: another one with the same name starts anew. */
  id: z.string().max(64),
  processes: z.record(z.string().max(32), processSchema),
});

export type Written = z.infer<typeof writtenSchema>;
export type AppliedProcess = z.infer<typeof processSchema>;

/** `NODE/applied.json`: what the processes of a node were really started with. */
export type Applied = z.infer<typeof schema>;

const FILE = "applied.json";
const NOTHING: AppliedProcess = { written: null, started: null, limits: "" };

/** Without the file, or if it is damaged or another node's, nothing is known. */
export async function readApplied(folder: string, id: string): Promise<Applied> {
  try {
    const found = schema.parse(JSON.parse(await readFile(join(folder, FILE), "utf8")));
    return found.id === id ? found : { format: 1, id, processes: {} };
  } catch {
    return { format: 1, id, processes: {} };
  }
}

/** Rejects with a system error. */
export async function writeApplied(folder: string, applied: Applied): Promise<void> {
  await writeFileAtomically(join(folder, FILE), `${JSON.stringify(applied)}\n`, { mode: 0o600 });
}

export function appliedTo(applied: Applied, role: string): AppliedProcess {
  return Object.hasOwn(applied.processes, role) ? (applied.processes[role] ?? NOTHING) : NOTHING;
}

export function withProcess(applied: Applied, role: string, changes: Partial<AppliedProcess>): Applied {
  const process = { ...appliedTo(applied, role), ...changes };
  return { ...applied, processes: { ...applied.processes, [role]: process } };
}
