import { describe, expect, it } from "vitest";
import { SYNC_EXECUTOR } from "../../../src/protocol/operations.ts";
import {
  type IssuedTestKey,
  SYNC_INPUT,
  startServer,
  type TestServer,
} from "../../support/control-plane/control-plane-server.ts";
import { type Framing, holdRequest } from "../../support/control-plane/held-request.ts";

const FRAMINGS: readonly Framing[] = ["length", "chunks"];
const CURRENT_KEY = '{ currentKey(input: { executorName: "agent-1" }) { key { id } } }';
const SYNC = JSON.stringify({ query: SYNC_EXECUTOR, variables: { input: SYNC_INPUT } });

interface Scene {
  readonly server: TestServer;
  readonly key: IssuedTestKey;
}

const ENDS: readonly (readonly [what: string, reason: string, end: (scene: Scene) => unknown])[] = [
  ["is revoked", "revoked", ({ server, key }) => server.revokeKey(key.id)],
  ["is rotated without grace", "revoked", ({ server, key }) => server.rotateKey(key.id)],
  [
    "comes to the end of its grace",
    "revoked",
    async ({ server, key }) => {
      await server.rotateKey(key.id, server.clock.now() + 60_000);
      server.clock.offsetMs = 61_000;
    },
  ],
  ["expires", "expired", ({ server }) => Object.assign(server.clock, { offsetMs: 3_600_001 })],
  [
    "is deleted",
    "unknown",
    async ({ server, key }) => {
      await server.revokeKey(key.id);
      await server.deleteKey(key.id);
    },
  ],
];

describe("a key that ends while its request's body is on its way", () => {
  describe.each(FRAMINGS)("(%s)", (framing) => {
    it.each(ENDS)("because it %s is refused, and nothing is done", async (_what, reason, end) => {
      const server = await startServer();
      await server.createOrganization("acme");
      const key = await server.createKey({ expiresAt: Date.now() + 3_600_000 });
      const headers = { Authorization: `Bearer ${key.secret}` };
      const bodies = [SYNC, JSON.stringify({ query: CURRENT_KEY })];
      const held = await Promise.all(
        bodies.map((body) => holdRequest(server.port, "/graphql", headers, body, framing)),
      );
      await end({ server, key });
      for (const request of held) {
        const answer = await request.finish();
        expect(answer.status).toBe(401);
        expect(JSON.parse(answer.body)).toMatchObject({
          errors: [{ extensions: { code: "UNAUTHENTICATED", reason } }],
          data: null,
        });
      }
      const answer = await server.manage('{ executors(organization: "acme") { name } }');
      expect(answer.data).toEqual({ executors: [] });
    });
  });

  it("does not keep a slow one of a good key from being answered", async () => {
    const server = await startServer();
    await server.createOrganization("acme");
    const { secret } = await server.createKey();
    for (const framing of FRAMINGS) {
      const held = await holdRequest(
        server.port,
        "/graphql",
        { Authorization: `Bearer ${secret}` },
        SYNC,
        framing,
      );
      expect((await held.finish()).status).toBe(200);
    }
  });
});
