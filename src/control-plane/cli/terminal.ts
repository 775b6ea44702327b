import type { Environment } from "../settings.ts";

export interface Output {
  write(text: string): unknown;
}

/** What a command may touch of the process around it. */
export interface Terminal {
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
}
