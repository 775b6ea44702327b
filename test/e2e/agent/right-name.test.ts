import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { NAME, type NamedScene, namedScene } from "../../support/agent/named-scene.ts";
import { LACKS_OWN_HOST } from "../../support/agent/own-host.ts";

const ADDRESS = "127.0.0.11";

/** The certificate is for other.example.com, and the URL has another name, partly in capitals. */
async function misnamed(hosts: string): Promise<NamedScene> {
  const scene = await namedScene();
  await scene.controlPlane(ADDRESS);
  scene.configure({ url: "https://CP.example.com" });
  scene.host.write("hosts", `127.0.0.1 localhost\n${hosts}`);
  return scene;
}

/** What doctor has to copy below the cause. */
async function commandOf(scene: NamedScene): Promise<string | undefined> {
  const { stdout } = await scene.run("doctor");
  expect(stdout).toContain("Cause (tls): the certificate of cp.example.com");
  return stdout.split("\n").find((line) => line.startsWith("  sed -i"));
}

describe.skipIf(LACKS_OWN_HOST)("a certificate for another name", { timeout: 120_000 }, () => {
  it("that leads to the same address: the command that doctor prints repairs the URL", async () => {
    await using scene = await misnamed(`${ADDRESS} ${NAME} cp.example.com\n`);
    const before = readFileSync(scene.home.configPath, "utf8");
    const line = await commandOf(scene);
    execFileSync("sh", ["-c", line ?? "false"]);
    const repaired = before.replace("//CP.example.com", `//${NAME}`);
    expect(readFileSync(scene.home.configPath, "utf8")).toBe(repaired);
    const { stdout } = await scene.run("doctor");
    expect(stdout).toMatch(/^ok {6}tls +the certificate of other\.example\.com is trusted$/mu);
    // Run twice, it changes nothing more.
    execFileSync("sh", ["-c", line ?? "false"]);
    expect(readFileSync(scene.home.configPath, "utf8")).toBe(repaired);
  });

  it.each([
    ["to another address", `${ADDRESS} cp.example.com\n127.0.0.12 ${NAME}\n`],
    ["nowhere", `${ADDRESS} cp.example.com\n`],
  ])("that leads %s has no such command", async (_where, hosts) => {
    await using scene = await misnamed(hosts);
    expect(await commandOf(scene)).toBeUndefined();
  });
});
