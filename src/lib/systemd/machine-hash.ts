import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const HASH_DIGITS = 16;

/**
 * Differs between a host and its clones, which get a machine-id(5) of their own; empty for a host
 * without one, such as a container. Hashed with a name of ours: machine-id(5) asks for that.
 */
export function machineHash(): string {
  try {
    const id = readFileSync("/etc/machine-id", "utf8").trim();
    return id === ""
      ? ""
      : createHash("sha256").update(`novacula machine ${id}`).digest("hex").slice(0, HASH_DIGITS);
  } catch {
    return "";
  }
}
