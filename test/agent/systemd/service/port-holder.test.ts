import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { holdersIn, portHolder } from "../../../../src/agent/systemd/service/port-holder.ts";

it("reads each process that ss shows", () => {
  const shown =
    'LISTEN 0 511 127.0.0.1:3000 0.0.0.0:* users:(("novacula-contro",pid=217,fd=21),("a b",pid=9,fd=3))\n' +
    "LISTEN 0 511 [::1]:3000 [::]:*\n";
  expect(holdersIn(shown)).toEqual([
    { pid: 217, name: "novacula-contro" },
    { pid: 9, name: "a b" },
  ]);
});

it("finds who has a port, and not the service", async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = String(typeof address === "object" ? address?.port : "");
  const found = await portHolder(port, 1);
  // A host without ss(8) cannot tell.
  expect(found === undefined || found.pid === process.pid).toBe(true);
  expect(await portHolder(port, process.pid)).toBeUndefined();
});
