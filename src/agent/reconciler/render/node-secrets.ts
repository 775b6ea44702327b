import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { errorCode } from "../../../lib/errors.ts";
import { writeFileAtomically } from "../../../lib/files/atomic-file.ts";
import { adapterOf } from "../../../protocol/chains/catalogue.ts";

const hex256 = z.string().regex(/^[0-9a-f]{64}$/u);
const schema = z.strictObject({ rpcPassword: hex256.optional(), jwt: hex256.optional() });

/** What is generated once for each node. None of it is a secret of Novacula's own. */
export interface NodeSecrets {
  /** With it the agent asks the client. The client's file has its hash, if the client can do so. */
  readonly rpcPassword?: string | undefined;
  /** With it the consensus client asks the execution client. */
  readonly jwt?: string | undefined;
}

/** The agent's own file in the node's directory, mode 0600: the node cannot read it. */
const FILE = "secrets.json";

/**
 * The secrets that `chain` needs, from the node's directory; those that are missing are generated
 * and written first. A damaged file is replaced, which means that the node must be restarted.
 * Rejects with a system error if the file cannot be read or written.
 */
export async function nodeSecrets(nodeDir: string, chain: string): Promise<NodeSecrets> {
  const path = join(nodeDir, FILE);
  const found = await readSecrets(path);
  const needed = adapterOf(chain)?.secrets ?? [];
  const all = {
    ...found,
    ...(needed.includes("rpc-password") && { rpcPassword: found?.rpcPassword ?? random() }),
    ...(needed.includes("jwt") && { jwt: found?.jwt ?? random() }),
  };
  if (needed.length > 0 && (all.rpcPassword !== found?.rpcPassword || all.jwt !== found?.jwt)) {
    await writeFileAtomically(path, `${JSON.stringify(all)}\n`, { mode: 0o600 });
  }
  return all;
}

async function readSecrets(path: string): Promise<NodeSecrets> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, "utf8"))).data ?? {};
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") {
      return {};
    }
    throw error;
  }
}

function random(): string {
  return randomBytes(32).toString("hex");
}
