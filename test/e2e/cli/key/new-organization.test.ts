import { chownSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyFingerprint } from "../../../../src/protocol/fingerprint.ts";
import { failure, json } from "../../../support/agent/behaviours.ts";
import { onlineAgent, setScene } from "../../../support/agent/cli-scene.ts";
import { NOBODY } from "../../../support/agent/command.ts";
import { eventually } from "../../../support/eventually.ts";

const isRoot = process.geteuid?.() === 0;

describe.concurrent("set-key --new-organization", () => {
  /** Knows each key in an organization of its own, and refuses a host that says it belongs to another. */
  const organizations =
    (...secrets: readonly string[]) =>
    (exchange: Parameters<ReturnType<typeof json>>[0]) => {
      const { keyFingerprint: fingerprint, input } = exchange.request;
      const expected = input["expectedOrganizationId"];
      const id = `org-${secrets.map(keyFingerprint).indexOf(fingerprint ?? "")}`;
      if (expected !== undefined && expected !== id) {
        return json(403, failure("FORBIDDEN", { reason: "wrong_organization" }, null))(exchange);
      }
      const organization = { id, name: id, slug: id };
      const key = { id: `k_${fingerprint}`, name: "prod", expiresAt: null, revokesAt: null };
      const syncExecutor = {
        executor: { id: "executor-1", name: "agent-1" },
        key,
        organization,
        heartbeatTimeoutMs: 30_000,
        syncIntervalMs: null,
        compatibility: { verdict: "supported" },
        duplicates: [],
        pendingUpgrade: null,
      };
      return json(200, { data: { currentKey: { key, organization }, syncExecutor } })(exchange);
    };

  it("moves a running agent, which is refused without it", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    server.respond(organizations(key, fresh));
    await using agent = await onlineAgent(place, key);
    await rememberedOrganization(place.dataDir, "org-0");
    const refused = await setKey(fresh);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /belongs to another organization, but this executor to organization org-0/u,
    );
    // Without the option it would move the agent of the default file.
    expect(refused.stderr).toContain(
      `instead: novacula-agent set-key --new-organization -c ${place.configPath}`,
    );
    expect((await setKey(fresh, "--new-organization")).code).toBe(0);
    expect((await agent.status()).organization?.id).toBe("org-1");
  });

  it("moves a host on which no agent runs; its memory stays readable for the next one", async () => {
    await using scene = await setScene();
    const { key, fresh, server, place, setKey } = scene;
    server.respond(organizations(key, fresh));
    await using before = await onlineAgent(place, key);
    await rememberedOrganization(place.dataDir, "org-0");
    await before.stop();
    if (isRoot) {
      chownSync(join(place.dataDir, "state.json"), NOBODY, NOBODY);
    }
    expect((await setKey(fresh, "--new-organization")).code).toBe(0);
    if (isRoot) {
      expect(statSync(join(place.dataDir, "state.json")).uid).toBe(NOBODY);
    }
    await using agent = await onlineAgent(place, fresh);
    expect((await agent.status()).organization?.id).toBe("org-1");
  });
});

function rememberedOrganization(dataDir: string, id: string): Promise<unknown> {
  const path = join(dataDir, "state.json");
  return eventually(() => readFileSync(path, "utf8").includes(`"${id}"`), { describe: "a memory" });
}
