import { describe, expect, it } from "vitest";
import { managementSocketPath, readSettings } from "../../../src/control-plane/settings/settings.ts";

describe("the environment of serve", () => {
  it("has a default for everything; an empty variable counts as unset", () => {
    expect(readSettings({ PORT: "", TLS_CERT: "" })).toEqual({
      database: { kind: "sqlite", path: "/var/lib/novacula-control-plane/control-plane.db" },
      socketPath: "/var/lib/novacula-control-plane/management.sock",
      host: "127.0.0.1",
      port: 3000,
      trustedProxies: undefined,
      heartbeatTimeoutMs: 30_000,
      maxSyncsPerSecond: 3000,
      maxExecutorsPerKey: 100,
      drainMs: 0,
      metricsAddress: undefined,
      tls: undefined,
      logLevel: "info",
    });
  });

  it.each(["file:/data/cp.db", "file:///data/cp.db"])("keeps the socket beside the database of %s", (url) => {
    expect(readSettings({ DATABASE_URL: url })).toMatchObject({
      database: { kind: "sqlite", path: "/data/cp.db" },
      socketPath: "/data/management.sock",
    });
    expect(managementSocketPath({ DATABASE_URL: url })).toBe("/data/management.sock");
  });

  it("reads TRUSTED_PROXIES, which may be empty", () => {
    const { trustedProxies } = readSettings({ TRUSTED_PROXIES: "192.0.2.7, 2001:db8::/64" });
    expect(["192.0.2.7", "2001:db8::9", "192.0.2.8"].map((one) => trustedProxies?.has(one))).toEqual([
      true,
      true,
      false,
    ]);
    expect(readSettings({ TRUSTED_PROXIES: "" }).trustedProxies).toBeUndefined();
  });

  it("names every problem at once", () => {
    const env = {
      DATABASE_URL: "mysql://db/cp",
      PORT: "70000",
      HEARTBEAT_TIMEOUT_MS: "-1",
      MAX_EXECUTORS_PER_KEY: "0",
      LOG_LEVEL: "loud",
      HOST: "a b",
      TLS_CERT: "a.pem",
      INITIAL_ADMIN_PASSWORD: "twelve chars",
      BETTER_AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    };
    expect(() => readSettings(env)).toThrow(/BETTER_AUTH_URL: set it together/);
    expect(() => readSettings(env)).toThrow(/INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD belong/);
    const { INITIAL_ADMIN_PASSWORD: _, BETTER_AUTH_SECRET: __, ...named } = env;
    for (const name of Object.keys(named)) {
      expect(() => readSettings(env)).toThrow(name);
    }
  });

  it.each([
    [{ TLS_CERT: "a.pem" }, /TLS_CERT and TLS_KEY belong together/],
    [{ TLS_KEY: "a.key" }, /TLS_CERT and TLS_KEY belong together/],
    [{ MANAGEMENT_SOCKET: `/${"s".repeat(107)}` }, /at most 107 bytes/],
    [{ DATABASE_URL: `file:/${"d".repeat(100)}/cp.db` }, /MANAGEMENT_SOCKET: .*at most 107 bytes/],
    [{ TRUSTED_PROXIES: "10.0.0.5,lb.example.com" }, /TRUSTED_PROXIES: lb\.example\.com is no IP address/],
    [{ TRUSTED_PROXIES: "0.0.0.0/0" }, /TRUSTED_PROXIES: 0\.0\.0\.0\/0 is everybody/],
    [{ PORT: "3000x" }, /integer from 0 to 65535 \(got 3000x\)/],
    [{ PORT: "1\n<0>fake" }, /got 1 <0>fake/],
  ])("refuses %o", (env, why) => {
    expect(() => readSettings(env)).toThrow(why);
  });
});

describe("the settings of people", () => {
  const PEOPLE = {
    BETTER_AUTH_URL: "https://cp.example.com/",
    BETTER_AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    INITIAL_ADMIN_EMAIL: "admin@example.com",
    INITIAL_ADMIN_PASSWORD: "twelve chars",
  };

  it("are left out where the page has no address, and need no secret", () => {
    const { BETTER_AUTH_SECRET: _, ...withoutSecret } = PEOPLE;
    expect(readSettings({}).people).toBeUndefined();
    expect(readSettings(withoutSecret).people).toMatchObject({ secret: undefined });
    expect(readSettings({ BETTER_AUTH_URL: PEOPLE.BETTER_AUTH_URL }).people).toEqual({
      origin: "https://cp.example.com",
      secret: undefined,
      firstAdmin: undefined,
      organizationName: "Default",
    });
    expect(readSettings(PEOPLE).people).toEqual({
      origin: "https://cp.example.com",
      secret: PEOPLE.BETTER_AUTH_SECRET,
      firstAdmin: { email: "admin@example.com", password: "twelve chars" },
      organizationName: "Default",
    });
  });

  it("name every problem at once, and show no secret", () => {
    const wrong = {
      BETTER_AUTH_URL: "cp.example.com/page",
      BETTER_AUTH_SECRET: "a short secret",
      INITIAL_ADMIN_EMAIL: "nobody",
      INITIAL_ADMIN_PASSWORD: "tiny-secret",
      INITIAL_ORGANIZATION: "a\nb",
    };
    const read = () => readSettings(wrong);
    for (const name of Object.keys(wrong)) {
      expect(read).toThrow(name);
    }
    expect(read).toThrow("openssl rand -base64 32");
    expect(read).not.toThrow(/a short secret|tiny-secret/);
  });

  it.each([
    [{ ...PEOPLE, BETTER_AUTH_URL: "" }, /BETTER_AUTH_URL: set it together with BETTER_AUTH_SECRET/],
    [{ ...PEOPLE, BETTER_AUTH_URL: "https://cp.example.com/page" }, /must have no path/],
    [{ ...PEOPLE, BETTER_AUTH_URL: "https://user:pw@cp.example.com" }, /must have no path, user or query$/],
    [{ ...PEOPLE, BETTER_AUTH_URL: "ftp://cp.example.com" }, /such as https:/],
    [{ ...PEOPLE, INITIAL_ADMIN_PASSWORD: "" }, /INITIAL_ADMIN_PASSWORD belong together/],
  ])("refuse %o", (env, why) => {
    expect(() => readSettings(env)).toThrow(why);
  });
});
