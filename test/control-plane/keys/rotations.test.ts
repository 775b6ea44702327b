import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { TestServer } from "../../support/control-plane/control-plane-server.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";

const DAY_MS = 86_400_000;
const reference = z.object({ id: z.string() }).nullable();
const chain = z.object({
  apiKey: z.object({
    rotatedFrom: reference,
    rotatedTo: reference,
    rotations: z.array(z.object({ id: z.string(), status: z.string() })),
  }),
});

async function chainOf({ manage }: TestServer, id: string) {
  const answer = await manage(
    "query($id: ID!) { apiKey(id: $id) { rotatedFrom { id } rotatedTo { id } rotations { id status } } }",
    { id },
  );
  const { rotatedFrom, rotatedTo, rotations } = chain.parse(answer.data).apiKey;
  return { from: rotatedFrom?.id, to: rotatedTo?.id, rotations };
}

async function rotationOf({ manage }: TestServer, id: string) {
  return manage("mutation($id: ID!) { rotateApiKey(id: $id) { note apiKey { expiresAt } } }", { id });
}

describe("a key", () => {
  it("knows its place in the chain of rotations", async () => {
    const server = await serverWithOrganization();
    const first = await server.createKey();
    await server.createKey({ name: "unrelated" });
    expect(await chainOf(server, first.id)).toEqual({
      from: undefined,
      to: undefined,
      rotations: [{ id: first.id, status: "active" }],
    });
    // At the same moment, so that only the order of writing tells them apart.
    const second = await server.rotateKey(first.id);
    const third = await server.rotateKey(second.id, server.clock.now() + DAY_MS);
    const rotations = [
      { id: third.id, status: "active" },
      { id: second.id, status: "active" },
      { id: first.id, status: "revoked" },
    ];
    expect(await chainOf(server, first.id)).toEqual({ from: undefined, to: second.id, rotations });
    expect(await chainOf(server, second.id)).toEqual({ from: first.id, to: third.id, rotations });
    expect(await chainOf(server, third.id)).toEqual({ from: second.id, to: undefined, rotations });
    await server.revokeKey(second.id);
    await server.deleteKey(second.id);
    expect(await chainOf(server, third.id)).toMatchObject({ from: first.id });
  });

  it("keeps its expiry when it is rotated, and the answer says so", async () => {
    const server = await serverWithOrganization();
    const expiresAt = Date.UTC(2090, 0, 2, 3, 4, 5);
    const short = await server.createKey({ expiresAt });
    expect((await rotationOf(server, short.id)).data).toEqual({
      rotateApiKey: {
        note: expect.stringMatching(
          /^The new key expires at 2090-01-02 03:04:05 UTC, like the one .*For another expiry/,
        ),
        apiKey: { expiresAt },
      },
    });
    const endless = await server.createKey();
    expect((await rotationOf(server, endless.id)).data).toMatchObject({ rotateApiKey: { note: null } });
  });

  it.each([
    [[], /, and only an active key can be rotated: create a new key$/],
    [["fra-1"], /: create a new key with executor fra-1 as its target$/],
    [
      ["c", "b", "a"],
      /: create a new key for each of its executors \(a, b, c\), with that one as its target$/,
    ],
    [["e", "d", "c", "b", "a"], /\(a, b, c and 2 more\)/],
  ])("that has expired says what to do instead, with the executors %j", async (names, remedy) => {
    const server = await serverWithOrganization();
    const key = await server.createKey({ expiresAt: server.clock.now() + DAY_MS });
    for (const name of names) {
      await server.sync(key.secret, { name });
    }
    server.clock.offsetMs = 2 * DAY_MS;
    const refused = await rotationOf(server, key.id);
    expect(refused).toMatchObject({ code: "CONFLICT", message: expect.stringMatching(remedy) });
    expect(refused.message).toMatch(/^key .* \([0-9a-f]{8}\) is expired since 20[-0-9]+ [:0-9]+ UTC, and/);
  });
});
