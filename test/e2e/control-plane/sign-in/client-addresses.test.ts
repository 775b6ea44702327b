import { networkInterfaces } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { Client } from "undici";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { parseTrustedProxies, type TrustedProxies } from "../../../../src/lib/addresses/trusted-proxies.ts";
import { type Certificate, testCertificates } from "../../../support/certificates.ts";
import { ORIGIN, startPeopleServer } from "../../../support/control-plane/people.ts";

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
  ["203.0.113.8:65536", "127.0.0.1"],
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

/** One that another host could have, and that leads here. */
const OWN = Object.values(networkInterfaces())
  .flat()
  .find((one) => one !== undefined && !one.internal && one.family === "IPv4")?.address;

function trusting(text: string): TrustedProxies {
  const parsed = parseTrustedProxies(text);
  if ("problem" in parsed) {
    throw new Error(parsed.problem);
  }
  return parsed.found;
}

/** The address of a refused password and of a refused key, as the log has them. */
async function refusedAddresses(
  trustedProxies: TrustedProxies | undefined,
  host: string,
  forwarded: string,
  tls?: Certificate,
): Promise<unknown[]> {
  const server = await startPeopleServer({ trustedProxies, host, tls });
  // Who the server is does not matter here.
  const client = new Client(server.url, { connect: { rejectUnauthorized: false } });
  onTestFinished(() => client.close());
  const post = async (path: string, headers: Record<string, string>, body: unknown) => {
    const sent = { "content-type": "application/json", "x-forwarded-for": forwarded, ...headers };
    const answer = await client.request({ method: "POST", path, headers: sent, body: JSON.stringify(body) });
    await answer.body.dump();
    return answer.statusCode;
  };
  const person = { email: "nobody@example.com", password: "a wrong password" };
  expect(await post("/api/auth/sign-in/email", { origin: ORIGIN }, person)).toBe(401);
  expect(await post("/graphql", { authorization: "Bearer exc_unknown" }, { query: "{ __typename }" })).toBe(
    401,
  );
  return [
    ["sign-in.refused", server.people.lines],
    ["key.refused", server.lines],
  ].map(([event, lines]) => {
    const line = [...(lines ?? [])].find((one) => one.includes(`"${event}"`)) ?? "{}";
    return z.object({ address: z.string() }).parse(JSON.parse(line)).address;
  });
}

it.each([
  ["203.0.113.8, 192.0.2.7", "203.0.113.8"],
  ["6.6.6.6, 203.0.113.8, 192.0.2.7", "203.0.113.8"],
  ["6.6.6.6, 203.0.113.8", "203.0.113.8"],
])("behind a trusted load balancer and a proxy on this host, %s is %s", async (forwarded, address) => {
  const found = await refusedAddresses(trusting("192.0.2.0/24"), "127.0.0.1", forwarded);
  expect(found).toEqual([address, address]);
});

it.skipIf(OWN === undefined)("another host's header counts only if that is a trusted proxy", async () => {
  const host = OWN ?? "";
  const forwarded = "6.6.6.6, 203.0.113.8";
  expect(await refusedAddresses(undefined, host, forwarded)).toEqual([host, host]);
  expect(await refusedAddresses(trusting("2001:db8::7"), host, forwarded)).toEqual([host, host]);
  expect(await refusedAddresses(trusting(`2001:db8::7,${host}`), host, forwarded)).toEqual([
    "203.0.113.8",
    "203.0.113.8",
  ]);
  const { good } = await testCertificates();
  expect(await refusedAddresses(trusting(host), host, forwarded, good)).toEqual([
    "203.0.113.8",
    "203.0.113.8",
  ]);
  // The loopback address of that host, and not of this one.
  expect(await refusedAddresses(trusting(host), host, "127.0.0.1")).toEqual([host, host]);
});
