import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Server } from "node:net";

/** The server that a peer polls. It counts polls, because an idle peer must not give a figure. */
export interface PeerStub {
  readonly port: number;
  /** Polls that brought the right key, so far. */
  readonly polls: () => number;
  close(): void;
}

export interface HttpStubOptions {
  readonly isAuthorized: (headers: IncomingHttpHeaders) => boolean;
  readonly contentType: string;
  readonly body: string;
}

/** Answers every request with the key in the same way, on `listener` if there is one. */
export async function startHttpStub(
  { isAuthorized, contentType, body }: HttpStubOptions,
  listener?: Server,
): Promise<PeerStub> {
  let polls = 0;
  const server = createServer({ keepAliveTimeout: 65_000 }, ({ headers }, response) => {
    if (!isAuthorized(headers)) {
      response.writeHead(403).end();
      return;
    }
    polls += 1;
    response.writeHead(200, { "content-type": contentType }).end(body);
  });
  await new Promise<void>((resolve) => {
    if (listener === undefined) {
      server.listen(0, "127.0.0.1", resolve);
    } else {
      server.listen(listener, resolve);
    }
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    polls: () => polls,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
