import { createHmac, hash } from "node:crypto";
import type { ChainClient } from "../../../protocol/chains/adapters/adapter.ts";

/** The user name of the agent at every RPC server. */
export const RPC_USER = "novacula";

/** The line of a client's file that lets the agent in. The same password gives the same line. */
export function loginLine(format: ChainClient["configFormat"], password: string): string {
  if (format === "monero-conf") {
    return `rpc-login=${RPC_USER}:${password}`;
  }
  // As Bitcoin Core's rpcauth.py makes it. Its salt is against lists of likely passwords; ours has
  // 256 random bits, and a salt from it keeps the file the same, so that no node is restarted.
  const salt = hash("sha256", `salt ${password}`, "hex").slice(0, 32);
  return `rpcauth=${RPC_USER}:${salt}$${createHmac("sha256", salt).update(password).digest("hex")}`;
}
