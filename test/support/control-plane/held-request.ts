import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";

export interface HeldRequest {
  /** Sends the last byte; resolves with the status and the body of the answer. */
  finish(): Promise<{ readonly status: number; readonly body: string }>;
}

/** Whether the body has a Content-Length or is sent in chunks. */
export type Framing = "length" | "chunks";

/**
 * A POST on its own connection. When this resolves, the server has everything except the last byte.
 */
export async function holdRequest(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  framing: Framing = "length",
): Promise<HeldRequest> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const received: string[] = [];
  socket.setEncoding("utf8").on("data", (text: string) => void received.push(text));
  const length =
    framing === "length" ? `Content-Length: ${Buffer.byteLength(body)}` : "Transfer-Encoding: chunked";
  const named = Object.entries({ Host: "cp.test", "Content-Type": "application/json", ...headers });
  const lines = named.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines}Connection: close\r\nExpect: 100-continue\r\n${length}\r\n\r\n`,
  );
  // Node sends it after it has read the headers and passed the request on.
  while (!received.join("").includes("100 Continue")) {
    await once(socket, "data");
  }
  const part = (text: string) => (framing === "length" ? text : `${text.length.toString(16)}\r\n${text}\r\n`);
  const middle = Math.floor(body.length / 2);
  for (const text of [body.slice(0, middle), body.slice(middle, -1)]) {
    socket.write(part(text));
    await pause(20);
  }
  return {
    async finish() {
      const closed = once(socket, "close");
      socket.write(part(body.slice(-1)) + (framing === "length" ? "" : "0\r\n\r\n"));
      await closed;
      const [, answer = ""] = received.join("").split(/(?=HTTP\/1\.1 (?!100))/);
      const [head = "", ...rest] = answer.split("\r\n\r\n");
      return { status: Number(head.split(" ")[1]), body: rest.join("\r\n\r\n") };
    },
  };
}
