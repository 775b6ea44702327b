import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startActingExecutor } from "../../support/control-plane/acting-executor.ts";
import { runCommand, startControlPlane } from "../../support/control-plane/control-plane.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function complete(what: string, socketPath: string): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await runCommand(["__complete", what], {
    MANAGEMENT_SOCKET: socketPath,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout.split("\n").filter((word) => word !== "");
}

it("prints keys, executors, nodes and organizations, of all organizations", async () => {
  const controlPlane = await startControlPlane();
  onTestFinished(async () => void (await controlPlane.stop()));
  await controlPlane.createOrganization("acme");
  await controlPlane.createOrganization("zeta");
  const one = await controlPlane.createKey({ org: "acme", name: "prod" });
  const two = await controlPlane.createKey({ org: "zeta", name: "$(reboot)" });
  const { socketPath } = controlPlane;
  const executor = await startActingExecutor(controlPlane.url, one.secret);
  const chain = ["--chain", "litecoin", "--network", "regtest"];
  await controlPlane.management(
    ...["nodes", "create", "--executor", "agent-1", "--name", "ltc-1", ...chain, "--org", "acme"],
  );
  await executor.stop();
  expect(await complete("organizations", socketPath)).toEqual(["acme", "zeta"]);
  expect(await complete("executors", socketPath)).toEqual(["agent-1"]);
  expect(await complete("nodes", socketPath)).toEqual(["ltc-1"]);
  expect(await complete("keys", socketPath)).toEqual(["prod", one.fingerprint, two.fingerprint]);
  const typed = await runCommand(["__complete", "organizations", "--socket", socketPath], {
    MANAGEMENT_SOCKET: "/nonexistent/management.sock",
  });
  expect(typed).toEqual({ exitCode: 0, stdout: "acme\nzeta\n", stderr: "" });
});

it("prints nothing if nobody answers, and does not wait long", async () => {
  expect(await complete("keys", "/nonexistent/management.sock")).toEqual([]);
  const path = join(tempDir(), "silent.sock");
  const silent = createServer(() => {}).listen(path);
  onTestFinished(() => void silent.close());
  expect(await complete("keys", path)).toEqual([]);
});

it("is in no help, and completion prints the scripts that the package installs", async () => {
  const { stdout } = await runCommand(["--help"]);
  expect(stdout).not.toContain("__complete");
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await runCommand(["completion", shell]);
    expect(script).toMatchObject({ exitCode: 0, stderr: "" });
    expect(script.stdout).toContain("novacula-control-plane __complete");
  }
  expect(await runCommand(["completion", "csh"])).toMatchObject({ exitCode: 64, stdout: "" });
});
