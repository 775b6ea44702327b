import { Client } from "undici";
import * as z from "zod";
import { CommandError } from "../../../lib/command-line/command-error.ts";
import { startDeadline } from "../../../lib/deadline.ts";
import { errorCode } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { inPlace } from "../../../lib/shell-word.ts";
import { socketPathProblem } from "../../../lib/unix-socket.ts";
import { ApiErrorCode } from "../../api-error.ts";
import { notRunning } from "./not-running.ts";

const TIMEOUT_MS = 30_000;

/** One entry of a request that is wrong. */
const issue = z.object({ place: z.string(), message: z.string() });

const errorsAnswer = z.object({
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ code: z.string(), issues: z.array(issue).optional() }).optional(),
      }),
    )
    .min(1),
});

const dataAnswer = z.object({ data: z.unknown() });

/** Asks a running control plane over its management socket. */
export class ManagementClient {
  private readonly socketPath: string;
  private readonly timeoutMs: number;

  constructor(socketPath: string, timeoutMs = TIMEOUT_MS) {
    this.socketPath = socketPath;
    this.timeoutMs = timeoutMs;
  }

  /**
   * The decoded `data` of the answer. A CommandError if there is none, or with what it refused.
   * `signal` ends the wait for it.
   */
  async request<Schema extends z.ZodType>(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    data: Schema,
    signal = new AbortController().signal,
  ): Promise<z.output<Schema>> {
    const answer = await this.post(JSON.stringify({ query: document, variables }), signal);
    const refused = errorsAnswer.safeParse(answer);
    if (refused.success) {
      throw refusal(refused.data.errors);
    }
    const result = data.safeParse(dataAnswer.safeParse(answer).data?.data);
    if (result.success) {
      return result.data;
    }
    throw new CommandError("no_answer", `no control plane of this version listens on ${this.socketPath}`, {
      fix: "use the novacula-control-plane of the version that runs, or restart the control plane",
    });
  }

  private async post(body: string, caller: AbortSignal): Promise<unknown> {
    const problem = socketPathProblem(this.socketPath);
    if (problem !== undefined) {
      throw new CommandError("configuration", `${this.socketPath} cannot be a socket: ${problem}`, {
        fix: "name the control plane's socket with --socket or MANAGEMENT_SOCKET",
      });
    }
    const client = new Client("http://localhost", { socketPath: this.socketPath });
    using deadline = startDeadline(this.timeoutMs, caller);
    const { signal } = deadline;
    try {
      const headers = { "content-type": "application/json" };
      const response = await client.request({ path: "/graphql", method: "POST", headers, body, signal });
      return await response.body.json();
    } catch (error) {
      throw await this.explained(error);
    } finally {
      await client.close();
    }
  }

  private async explained(error: unknown): Promise<CommandError> {
    switch (errorCode(error)) {
      case "ENOENT":
      case "ENOTDIR":
      case "ECONNREFUSED":
        return await notRunning(this.socketPath);
      case "EACCES":
      case "EPERM":
        return new CommandError("no_permission", `this user may not open ${this.socketPath}`, {
          fix: inPlace({
            host: "put sudo in front of the command, or run it as the user that runs the control plane",
            pod: "run it as the user that runs the control plane",
          }),
        });
      default:
        return new CommandError("no_answer", `the control plane on ${this.socketPath} did not answer`, {
          cause: error,
        });
    }
  }
}

function refusal(errors: z.output<typeof errorsAnswer>["errors"]): CommandError {
  const message = errors.map(refusalText).join("; ");
  const has = (...codes: readonly string[]) =>
    errors.some(({ extensions }) => codes.includes(extensions?.code ?? ""));
  if (has(ApiErrorCode.unavailable, ApiErrorCode.overloaded)) {
    // Nothing was decided: its database fails, or it has too much to do.
    return new CommandError("no_answer", message);
  }
  return new CommandError(has(ApiErrorCode.notFound) ? "not_found" : "refused", message);
}

/** With several wrong entries, each has a line of its own. */
function refusalText({ message, extensions }: z.output<typeof errorsAnswer>["errors"][number]): string {
  const issues = extensions?.issues ?? [];
  if (issues.length === 0) {
    return printable(message, 1000);
  }
  const lines = issues.map((each) => `\n  ${printable(each.place)}: ${printable(each.message, 500)}`);
  return `${issues.length === 1 ? "one entry is" : `${issues.length} entries are`} refused:${lines.join("")}`;
}
