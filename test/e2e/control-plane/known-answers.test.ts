import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { Client } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { ORIGIN, type PeopleServer, startPeopleServer } from "../../support/control-plane/people.ts";

const KEYS = "query Keys { apiKeys { id name status fingerprint } }";

async function ownerOf(server: PeopleServer) {
  const owner = await server.signedIn("owner");
  const client = new Client(server.url);
  onTestFinished(() => client.close());
  /** Undecoded, with all headers. */
  const ask = async (query: string, extra: Readonly<Record<string, string>>, cookie = owner.cookie ?? "") => {
    const { statusCode, headers, body } = await client.request({
      path: "/graphql",
      method: "POST",
      headers: { origin: ORIGIN, "content-type": "application/json", cookie, ...extra },
      body: JSON.stringify({ query }),
    });
    return { status: statusCode, headers, bytes: Buffer.from(await body.arrayBuffer()) };
  };
  return { owner, ask };
}

describe("a query that the page repeats", () => {
  it("is answered with 204 and few headers while nothing has changed, and anew once something has", async () => {
    const server = await startPeopleServer();
    const { ask } = await ownerOf(server);
    await server.createKey({ name: "first" });
    const first = await ask(KEYS, { "novacula-known-answer": "none" });
    const version = String(first.headers["novacula-answer-version"]);
    expect(first.status).toBe(200);
    expect(version).toBe(createHash("sha256").update(first.bytes).digest("base64url").slice(0, 22));
    const same = await ask(KEYS, { "novacula-known-answer": version });
    expect(same).toMatchObject({ status: 204, bytes: Buffer.alloc(0) });
    expect(Object.keys(same.headers).sort()).toEqual([
      "cache-control",
      "connection",
      "date",
      "keep-alive",
      "novacula-answered-by",
    ]);
    await server.createKey({ name: "second" });
    const changed = await ask(KEYS, { "novacula-known-answer": version });
    expect(changed.status).toBe(200);
    expect(changed.bytes.toString()).toContain("second");
    expect(changed.headers["novacula-answer-version"]).not.toBe(version);
  });

  it("is compressed if it is long and the browser accepts that", async () => {
    const server = await startPeopleServer();
    const { ask } = await ownerOf(server);
    for (let n = 0; n < 30; n += 1) {
      await server.createKey({ name: `key ${n}` });
    }
    const known = { "novacula-known-answer": "none" };
    const plain = await ask(KEYS, known);
    const coded = await ask(KEYS, { ...known, "accept-encoding": "gzip, deflate, br" });
    expect(plain.headers).not.toHaveProperty("content-encoding");
    expect(coded.headers["content-encoding"]).toBe("gzip");
    expect(coded.bytes.length).toBeLessThan(plain.bytes.length / 2);
    expect(gunzipSync(coded.bytes)).toEqual(plain.bytes);
    expect(coded.headers["novacula-answer-version"]).toBe(plain.headers["novacula-answer-version"]);
    expect((await ask(KEYS, { "accept-encoding": "gzip" })).headers).not.toHaveProperty("content-encoding");
  });

  it("says nothing to somebody whose session has ended, or who may not ask", async () => {
    const server = await startPeopleServer();
    const { ask, owner } = await ownerOf(server);
    const first = await ask(KEYS, { "novacula-known-answer": "none" });
    const known = { "novacula-known-answer": String(first.headers["novacula-answer-version"]) };
    const { cookie = "" } = owner;
    expect((await ask(KEYS, known, "")).status).toBe(401);
    await owner.post("/sign-out", {});
    expect((await ask(KEYS, known, cookie)).status).toBe(401);
    expect((await ask("query { people { id } }", known, cookie)).status).toBe(401);
  });

  it.each(["", "x".repeat(5000), "none, none", "../../etc"])("answers %j like none", async (value) => {
    const server = await startPeopleServer();
    const { ask } = await ownerOf(server);
    expect((await ask(KEYS, { "novacula-known-answer": value })).status).toBe(200);
  });
});
