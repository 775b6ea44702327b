import { Buffer } from "node:buffer";
import { createServer, type TLSSocket } from "node:tls";
import { inflateSync } from "node:zlib";
import * as z from "zod";
import type { PeerStub } from "./peer-stub.ts";

/**
 * "ZBXD", flags, the length of what follows, the length before compression (Zabbix 6.0 manual,
 * "Header").
 */
const HEADER_BYTES = 13;
const PLAIN = 0x01;
const COMPRESSED = 0x02;
const MOST_BYTES = 1 << 20;

const request = z.object({ request: z.string() });
/** One item, read every 5 s: the least work an agent can do. */
const ACTIVE_CHECKS = {
  response: "success",
  data: [{ key: "agent.ping", itemid: 1, delay: "5s", lastlogsize: 0, mtime: 0 }],
};
const TAKEN = { response: "success", info: "processed: 1; failed: 0; total: 1; seconds spent: 0.000010" };

/**
 * The server of active checks, with the key as TLS-PSK (hexadecimal). Counts the values it
 * receives.
 */
export async function startZabbixStub(identity: string, key: string): Promise<PeerStub> {
  let polls = 0;
  const server = createServer({
    pskCallback: (_socket, asked) => (asked === identity ? Buffer.from(key, "hex") : null),
    ciphers: "PSK",
    // Node supports PSK callbacks in TLS 1.2 only.
    maxVersion: "TLSv1.2",
  });
  server.on("secureConnection", (socket) => {
    void converse(socket).then((asked) => {
      if (asked === "agent data") {
        polls += 1;
      }
    });
  });
  // A handshake with another key is not counted.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    polls: () => polls,
    close: () => void server.close(),
  };
}

/**
 * Reads the one request of a connection; resolves with its kind, or undefined if it was cut off.
 */
async function converse(socket: TLSSocket): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk]);
      const body = bodyOf(bytes);
      if (body === undefined) {
        continue;
      }
      const { request: asked } = request.parse(JSON.parse(body));
      socket.end(framed(JSON.stringify(asked === "active checks" ? ACTIVE_CHECKS : TAKEN)));
      return asked;
    }
  } catch {
    socket.destroy();
  }
  return undefined;
}

/** Undefined until all of it has arrived. */
function bodyOf(bytes: Buffer): string | undefined {
  if (bytes.length < HEADER_BYTES) {
    return undefined;
  }
  const length = bytes.readUInt32LE(5);
  if (bytes.toString("latin1", 0, 4) !== "ZBXD" || length > MOST_BYTES) {
    throw new Error("not Zabbix's protocol");
  }
  if (bytes.length < HEADER_BYTES + length) {
    return undefined;
  }
  const body = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  const isCompressed = ((bytes[4] ?? 0) & COMPRESSED) !== 0;
  return (isCompressed ? inflateSync(body, { maxOutputLength: MOST_BYTES }) : body).toString();
}

function framed(body: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("ZBXD", "latin1");
  header[4] = PLAIN;
  header.writeUInt32LE(Buffer.byteLength(body), 5);
  return Buffer.concat([header, Buffer.from(body)]);
}
