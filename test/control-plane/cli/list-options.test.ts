import { expect, it } from "vitest";
import { runCommand } from "../../support/control-plane/control-plane.ts";
import { serverWithOrganization } from "../../support/control-plane/executor-list.ts";
import { eventually } from "../../support/eventually.ts";

const DAY_MS = 86_400_000;

it("lists say why an executor is offline and who is on a key now, and filter by it", async () => {
  const server = await serverWithOrganization();
  const run = async (words: string) => {
    const { stdout, stderr } = await runCommand([...words.split(" "), "--socket", server.socketPath]);
    return stdout + stderr;
  };
  const old = await server.createKey({ name: "old-key", expiresAt: server.clock.now() + 10 * DAY_MS });
  const shared = await server.createKey({ name: "shared" });
  await server.createKey({ name: "spare" });
  await server.sync(old.secret, { name: "fra-1" });
  await server.sync(shared.secret, { name: "fra-2" });
  await server.sync(shared.secret, { name: "fra-3" });
  const next = await server.rotateKey(old.id);
  await server.sync(next.secret, { name: "fra-1" });
  await server.revokeKey(shared.id);
  server.clock.offsetMs = 31_000;
  await server.sync(shared.secret, { name: "fra-2" });
  await server.sync(next.secret, { name: "fra-1" });
  await eventually(async () => /fra-2/.test(await run("executors list --refused")), {
    describe: "the refusal is stored",
  });
  expect(await run("executors list --status offline")).toMatch(/fra-3 +offline .* key revoked [\d.]+ s ago/);
  expect(await run("executors list --status offline")).not.toContain("fra-1");
  expect(await run("executors list --status online --quiet")).toMatch(/^\w{32}\n$/);
  expect(await run("executors list --cause key_revoked")).toMatch(/fra-3[\s\S]*fra-2/);
  expect(await run("executors list --cause silent")).toBe("Organization acme has no such executor.\n");
  expect(await run("executors list --cause hunger")).toMatch(/Allowed choices are/);
  expect(await run("keys list --expiring")).toMatch(/old-key \d{6} +\w{32} +\w{8} +active +fra-1 /);
  const keys = await run("keys list --wide");
  expect(keys).toMatch(/old-key +\w{32} +\w{8} +revoked +\(before: fra-1\) /);
  expect(keys).toMatch(/shared +\w{32} +\w{8} +revoked +fra-2, fra-3 /);
  expect(keys).toMatch(/spare +\w{32} +\w{8} +active +- /);
  expect(await run("keys list --unused")).toBe("Organization acme has no such key.\n");
  expect(await run("keys list --unused --old")).toMatch(/cannot be used with/);
  expect(await run("keys list --refused --status revoked --quiet")).toBe(`${shared.id}\n`);
  expect(await run(`keys rotate ${next.id} --yes`)).toMatch(
    /The new key expires at .*a rotation keeps the expiry/,
  );
});
