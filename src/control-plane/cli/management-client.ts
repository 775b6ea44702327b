import { Client } from "undici";
import * as z from "zod";
import { errorCode, OperatorError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";

const TIMEOUT_MS = 30_000;

const errorsAnswer = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

const dataAnswer = z.object({ data: z.unknown() });

/** Asks a running control plane over its management socket. */
export class ManagementClient {
  private readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** The decoded `data` of the answer; an OperatorError where nobody listens, or with what the control plane said. */
  async request<Schema extends z.ZodType>(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    data: Schema,
  ): Promise<z.output<Schema>> {
    const answer = await this.post(JSON.stringify({ query: document, variables }));
    const refused = errorsAnswer.safeParse(answer);
    if (refused.success) {
      throw new OperatorError(refused.data.errors.map(({ message }) => printable(message, 1000)).join("; "));
    }
    const result = data.safeParse(dataAnswer.safeParse(answer).data?.data);
    if (result.success) {
      return result.data;
    }
    throw new OperatorError(`what listens on ${this.socketPath} is no control plane of this version`);
  }

  private async post(body: string): Promise<unknown> {
    const client = new Client("http://localhost", { socketPath: this.socketPath });
    try {
      const headers = { "content-type": "application/json" };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await client.request({ path: "/graphql", method: "POST", headers, body, signal });
      return await response.body.json();
    } catch (error) {
      throw this.explained(error);
    } finally {
      await client.close();
    }
  }

  private explained(error: unknown): unknown {
    switch (errorCode(error)) {
      case "ENOENT":
      case "ECONNREFUSED":
        return new OperatorError(
          `no control plane listens on ${this.socketPath}: start it with novacula-control-plane serve, ` +
            "or name its socket with --socket or MANAGEMENT_SOCKET",
        );
      case "EACCES":
      case "EPERM":
        return new OperatorError(
          `you may not open ${this.socketPath}: run this as the user that runs the control plane, or as root`,
        );
      default:
        return new OperatorError(`the control plane on ${this.socketPath} did not answer`, { cause: error });
    }
  }
}
