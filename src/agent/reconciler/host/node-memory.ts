import { link, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { errorCode } from "../../../lib/errors.ts";
import type { AccessProblem } from "../../../lib/files/access-problem.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { writeFailure } from "../../../lib/files/write-failure.ts";
import { printable } from "../../../lib/printable.ts";
import { MAX_NODES, nodeSpec } from "../../../protocol/nodes/node-spec.ts";
import { NO_NODES, type NodeList } from "../decide/node-list.ts";

/** Several times what the longest list takes. */
const MAX_BYTES = 8 * 1024 * 1024;
const PREVIOUS = "nodes.json.prev";

/** `<data_dir>/nodes.json`: the nodes that this host holds. It has no secret. */
const schema = z.strictObject({
  format: z.literal(1),
  organizationId: z.string().max(4096).nullable(),
  changeNumber: z.number().int().min(0).nullable(),
  executor: z.strictObject({ name: z.string().max(4096), since: z.number() }).optional(),
  nodes: z
    .array(
      z.strictObject({
        spec: nodeSpec,
        organizationId: z.string().max(4096),
        executor: z.string().max(4096).optional(),
        isUnlisted: z.boolean(),
        isSlow: z.boolean(),
        end: z.enum(["deleted", "kept"]).nullable(),
      }),
    )
    .max(2 * MAX_NODES),
  waiting: z.array(nodeSpec).max(MAX_NODES),
});

/**
 * `damaged`: neither the file nor the one before it can be used. Then nothing on this host may be
 * changed until a list arrives.
 */
export type NodeMemory =
  | { readonly kind: "read"; readonly list: NodeList; readonly problem: string | undefined }
  | { readonly kind: "damaged"; readonly list: NodeList; readonly problem: string };

type Reading =
  | { readonly kind: "list"; readonly list: NodeList }
  | { readonly kind: "missing" }
  | { readonly kind: "damaged"; readonly why: string };

export function nodesPath(dataDir: string): string {
  return join(dataDir, "nodes.json");
}

/** Never rejects. A host without the file has no nodes. */
export async function readNodes(dataDir: string): Promise<NodeMemory> {
  const path = nodesPath(dataDir);
  const now = await read(path);
  if (now.kind === "list") {
    return { kind: "read", list: now.list, problem: undefined };
  }
  const previous = await read(join(dataDir, PREVIOUS));
  if (now.kind === "missing" && previous.kind === "missing") {
    return { kind: "read", list: NO_NODES, problem: undefined };
  }
  const problem = `${path} ${now.kind === "missing" ? "is missing" : now.why}`;
  return previous.kind === "list"
    ? { kind: "read", list: previous.list, problem }
    : { kind: "damaged", list: NO_NODES, problem };
}

/**
 * Replaces the file in one step, and keeps the one before it. Resolves with the reason if it could
 * not, as a clause that begins with its path.
 */
export async function writeNodes(dataDir: string, list: NodeList): Promise<AccessProblem | undefined> {
  const path = nodesPath(dataDir);
  const { organizationId, changeNumber, executor, nodes, waiting } = list;
  const text = `${JSON.stringify({ format: 1, organizationId, changeNumber, executor, nodes, waiting })}\n`;
  try {
    await inTime(path, async (signal) => {
      await writeFileAtomically(path, text, {
        mode: 0o600,
        beforeRename: async () => {
          // A late write must not replace a newer one.
          signal.throwIfAborted();
          await keepPrevious(dataDir);
        },
      });
    });
    return undefined;
  } catch (error) {
    const { problem, fix } = writeFailure(path, error, "novacula-agent");
    return { problem: `${printable(path, 200)} cannot be written: ${problem}`, fix };
  }
}

/** Only a file that can be read becomes the one before. */
async function keepPrevious(dataDir: string): Promise<void> {
  if ((await read(nodesPath(dataDir))).kind !== "list") {
    return;
  }
  const made = join(dataDir, `${PREVIOUS}.new`);
  await rm(made, { force: true });
  await link(nodesPath(dataDir), made);
  await rename(made, join(dataDir, PREVIOUS));
}

async function read(path: string): Promise<Reading> {
  try {
    const text = await inTime(path, () => readText(path));
    const { format: _format, ...list } = schema.parse(JSON.parse(text));
    return { kind: "list", list };
  } catch (error) {
    const code = errorCode(error);
    return code === "ENOENT"
      ? { kind: "missing" }
      : { kind: "damaged", why: code === undefined ? "is damaged" : `cannot be read (${code})` };
  }
}

async function readText(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size > MAX_BYTES) {
    throw new Error("is too large");
  }
  return await file.readFile("utf8");
}
