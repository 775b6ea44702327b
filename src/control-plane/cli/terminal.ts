import type { Environment } from "../settings.ts";

/** What a command may touch of the process around it. */
export interface Terminal {
  readonly env: Environment;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
