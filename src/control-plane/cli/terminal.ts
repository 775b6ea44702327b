import type { OutputStream } from "../../lib/bounded-output.ts";
import type { Environment } from "../settings.ts";

/** What a command may touch of the process around it. */
export interface Terminal {
  readonly env: Environment;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
