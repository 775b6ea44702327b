import { describe, expect, it } from "vitest";
import { managementSocketPath, readSettings } from "../../src/control-plane/settings.ts";

describe("the environment of serve", () => {
  it("has a default for everything; an empty variable counts as unset", () => {
    expect(readSettings({ PORT: "", TLS_CERT: "" })).toEqual({
      databasePath: "/var/lib/novacula-control-plane/control-plane.db",
      socketPath: "/var/lib/novacula-control-plane/management.sock",
      host: "127.0.0.1",
      port: 3000,
      heartbeatTimeoutMs: 30_000,
      tls: undefined,
      logLevel: "info",
    });
  });

  it.each(["file:/data/cp.db", "file:///data/cp.db"])("keeps the socket beside the database of %s", (url) => {
    expect(readSettings({ DATABASE_URL: url })).toMatchObject({
      databasePath: "/data/cp.db",
      socketPath: "/data/management.sock",
    });
    expect(managementSocketPath({ DATABASE_URL: url })).toBe("/data/management.sock");
  });

  it("names every problem at once", () => {
    const env = {
      DATABASE_URL: "postgres://db/cp",
      PORT: "70000",
      HEARTBEAT_TIMEOUT_MS: "-1",
      LOG_LEVEL: "loud",
      HOST: "a b",
    };
    for (const name of Object.keys(env)) expect(() => readSettings(env)).toThrow(name);
  });

  it.each([
    [{ TLS_CERT: "a.pem" }, /TLS_CERT and TLS_KEY belong together/],
    [{ TLS_KEY: "a.key" }, /TLS_CERT and TLS_KEY belong together/],
    [{ MANAGEMENT_SOCKET: `/${"s".repeat(107)}` }, /at most 107 bytes/],
    [{ DATABASE_URL: `file:/${"d".repeat(100)}/cp.db` }, /MANAGEMENT_SOCKET: .*at most 107 bytes/],
    [{ PORT: "3000x" }, /integer from 0 to 65535 \(got 3000x\)/],
    [{ PORT: "1\n<0>fake" }, /got 1 <0>fake/],
  ])("refuses %o", (env, why) => {
    expect(() => readSettings(env)).toThrow(why);
  });
});
