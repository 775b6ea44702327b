import { createServer, type Server } from "node:net";

/** A port of 127.0.0.1 that nobody listens on; somebody else may by the time that it is used. */
export async function freePort(): Promise<number> {
  await using server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return portOf(server);
}

/** Of a server that listens. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
