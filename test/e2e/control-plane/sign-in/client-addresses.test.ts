import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { startPeopleServer } from "../../../support/control-plane/people.ts";

const PASSWORD = "everybody's password in tests";

it.each([
  ["203.0.113.8:40001", "203.0.113.8"],
  ["198.51.100.1, ::ffff:203.0.113.8", "203.0.113.8"],
  ["203.0.113.8,[::ffff:cb00:7108]:443", "203.0.113.8"],
  ["2001:0DB8:0:0::00a", "2001:db8::a"],
  ["[2001:db8::a]:443", "2001:db8::a"],
  ["fe80::A%eth0", "fe80::a"],
  // A value that is not an address is ignored: the proxy's own address counts.
  ["203.0.113.008", "127.0.0.1"],
  ["unknown", "127.0.0.1"],
  ["203.0.113.8,", "127.0.0.1"],
  ['203.0.113.8","level":"fatal', "127.0.0.1"],
])("the address %s is %s in a session, in a line and of an executor", async (written, address) => {
  const server = await startPeopleServer();
  const { email } = await server.signedIn("owner");
  const key = await server.createKey();
  const from = { "x-forwarded-for": written };
  expect((await server.post("exc_unknown", "{ currentKey { id } }", {}, from)).status).toBe(401);
  expect((await server.post(key.secret, "{ currentKey { id } }", {}, from)).status).toBeLessThan(500);
  const answer = await server.browser().post("/sign-in/email", { email, password: PASSWORD }, from);
  expect(answer.status).toBe(200);
  await server.browser().post("/sign-in/email", { email, password: "a wrong password" }, from);
  const database = new DatabaseSync(server.databasePath);
  const last = database.prepare("select ipAddress from session order by rowid desc limit 1").get();
  database.close();
  expect(last).toEqual({ ipAddress: address });
  for (const [event, lines] of [
    ["sign-in.refused", server.people.lines],
    ["key.refused", server.lines],
  ] as const) {
    const line = lines.find((one) => one.includes(`"${event}"`)) ?? "";
    expect(line).toContain(`"address":"${address}"`);
  }
});
