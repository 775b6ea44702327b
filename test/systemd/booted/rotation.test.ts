import { describe, expect, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { DEBIAN_RELEASES } from "./support/debian-release.ts";
import { ExecutorHost } from "./support/executor-host.ts";
import { haveMachines } from "./support/hosts.ts";

describe.skipIf(!haveMachines).each(DEBIAN_RELEASES)("a rotation on $title", (release) => {
  it("parallel keys: same process, no refused sync, nothing for a person to read", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const before = await host.show("MainPID", "NRestarts");
    const second = await host.createKey("second");
    await host.configure(second.secret);
    await host.untilOnline(second);
    await host.revokeKey(key);
    await host.machine.run(["novacula-agent", "retry"]);
    await host.machine.run(["novacula-agent", "reload", "--wait"]);
    await host.untilOnline(second);
    expect(await host.show("MainPID", "NRestarts")).toEqual(before);
    expect(before["NRestarts"]).toBe("0");
    expect(await host.refusedSyncs()).toBe(0);
    // The one error is older than the rotation: the package had started the service without a key.
    expect(await host.journal("-p", "err")).toHaveLength(1);
    expect((await host.executors()).map((executor) => executor.status)).toEqual(["online"]);
    await host.untilStatusText(/^Online with key .*second/u);
    const text = await host.machine.run(["systemctl", "status", "novacula-agent", "--no-pager", "--full"]);
    expect(text).toMatch(/Status: "Online with key .*second/);
  });

  it("rotate in one step: refused only in between, back with the new key", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const second = await host.rotateKey(key);
    await host.untilState("key-refused", 15_000);
    expect(await host.untilStatusText(/401/u)).toContain("it was rotated");
    await host.configure(second.secret);
    await host.untilOnline(second);
    expect(await host.show("NRestarts")).toEqual({ NRestarts: "0" });
  });

  it("emergency: revoked first; the service stays up and recovers with the new key", async () => {
    const { host, key } = await ExecutorHost.online(release);
    await host.revokeKey(key);
    await host.untilState("key-refused", 15_000);
    expect(await host.show("ActiveState", "NRestarts")).toEqual({ ActiveState: "active", NRestarts: "0" });
    const errors = await host.journal("-p", "err");
    expect(errors.filter((line) => line.includes("401"))).toHaveLength(1);
    const second = await host.createKey("second");
    await host.configure(second.secret);
    await host.untilOnline(second);
  });

  it("a bad new key while the old one works: online on the old one, one line for each problem", async () => {
    const { host, key } = await ExecutorHost.online(release);
    const second = await host.createKey("second");
    const revoked = await host.createKey("revoked");
    await host.revokeKey(revoked);
    const errorsBefore = (await host.journal("-p", "err")).length;
    const bad = {
      "white space inside": `${second.secret.slice(0, 40)} ${second.secret.slice(40)}`,
      "cut off": second.secret.slice(0, 50),
      revoked: revoked.secret,
      "a placeholder": "exc_...",
    };
    let expected = errorsBefore;
    for (const [name, secret] of Object.entries(bad)) {
      await host.configure(secret);
      expected += 1;
      await host.until(
        (status) => ["refused", "unusable"].includes(status.pendingChange?.state ?? ""),
        `what is wrong with a key that is ${name} is said`,
      );
      await eventually(async () => (await host.journal("-p", "err")).length === expected, {
        describe: `one more error for ${name}`,
      });
      expect((await host.status()).state).toBe("online");
      await host.configure(key.secret);
      await host.until((status) => status.pendingChange === null, "the change is undone");
    }
    expect((await host.executors()).map((executor) => executor.status)).toEqual(["online"]);
    expect(await host.show("NRestarts")).toEqual({ NRestarts: "0" });
  });
});
