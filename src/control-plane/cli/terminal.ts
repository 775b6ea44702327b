import type { OutputStream } from "../../lib/log/bounded-output.ts";
import type { Environment } from "../settings.ts";

/** Where a person answers, if there is one. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** What a command may touch of the process around it. */
export interface Terminal {
  readonly env: Environment;
  /** Left out: nobody can be asked. */
  readonly stdin?: Input;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
