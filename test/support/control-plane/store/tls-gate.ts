import { connect, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificate } from "../../certificates.ts";
import { portOf } from "../../free-port.ts";

/** What a client sends first to ask for TLS (PostgreSQL's manual, SSLRequest). */
const REQUEST_BYTES = 8;

/**
 * Stands between a program and a PostgreSQL server on 127.0.0.1, and speaks TLS with the program.
 * Resolves with its port. The caller closes it.
 */
export async function startTlsGate(serverPort: number, certificate: Certificate) {
  const sockets = new Set<Socket>();
  const gate = createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    client.once("readable", () => {
      client.read(REQUEST_BYTES);
      client.write("S");
      const secure = new TLSSocket(client, { isServer: true, ...certificate });
      const server = connect(serverPort, "127.0.0.1");
      sockets.add(server);
      for (const [from, to] of [
        [secure, server],
        [server, secure],
      ] as const) {
        from.on("error", () => undefined).on("close", () => to.destroy());
        from.pipe(to);
      }
    });
  });
  await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  return {
    port: portOf(gate),
    close() {
      for (const socket of sockets) {
        socket.destroy();
      }
      gate.close();
    },
  };
}
