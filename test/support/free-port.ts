import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/** Below it there are services of the host; from the other on, Linux takes ports for connections. */
const FIRST_PORT = 10_240;
const FIRST_EPHEMERAL_PORT = 32_768;

/**
 * A free port of 127.0.0.1 that no connection of another test takes meanwhile, because Linux takes
 * none from this range by itself. Another call may only return it by chance.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, FIRST_EPHEMERAL_PORT);
    if (await isFree(port)) {
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  await using server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
}

/** Of a server that listens. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
