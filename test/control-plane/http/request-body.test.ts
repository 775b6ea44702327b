import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { type RequestBody, readJsonBody } from "../../../src/control-plane/http/request-body.ts";
import { eventually } from "../../support/eventually.ts";
import { portOf } from "../../support/free-port.ts";

it.each([
  ["before it is read", (request: IncomingMessage) => closed(request).then(() => readJsonBody(request, 9))],
  ["while it is read", (request: IncomingMessage) => readJsonBody(request, 9)],
])("a body whose sender hangs up %s is incomplete, and nobody waits for it", async (_when, read) => {
  let body: RequestBody | undefined;
  await using server = createServer((request) => {
    void read(request).then((result) => {
      body = result;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect(portOf(server), "127.0.0.1");
  client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
  await eventually(async () => (await connections(server)) > 0, { describe: "a connection" });
  client.destroy();
  expect(await eventually(() => body, { describe: "an end" })).toEqual({ kind: "incomplete" });
});

function closed(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    request.on("error", () => undefined).once("close", resolve);
  });
}

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}
