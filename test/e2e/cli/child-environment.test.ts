import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startAgent } from "../../support/agent/agent-process.ts";
import { home } from "../../support/agent/cli-scene.ts";
import { command } from "../../support/agent/command.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

const SECRET = "canary-7f3a";
const ENVIRONMENT = {
  SOME_TOKEN: SECRET,
  HTTPS_PROXY: `http://user:${SECRET}@127.0.0.1:9`,
  LANG: "de_DE.UTF-8",
  DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/run/some-bus",
};

/** A folder for PATH in which `tool` writes its environment to a file, and then does its work. */
function spyOn(tool: string) {
  const folder = temporaryDirectory();
  const seen = join(folder.path, "seen");
  const script = join(folder.path, tool);
  writeFileSync(
    script,
    `#!/bin/sh\nenv > ${seen}.new && mv ${seen}.new ${seen}\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`,
  );
  chmodSync(script, 0o755);
  return {
    path: `${folder.path}:${process.env["PATH"]}`,
    environment: () => (existsSync(seen) ? readFileSync(seen, "utf8") : undefined),
    [Symbol.dispose]: folder.remove,
  };
}

function expectMinimal(environment: string | undefined): void {
  expect(environment).toMatch(/^PATH=/mu);
  expect(environment).toMatch(/^LC_ALL=C$/mu);
  expect(environment).toMatch(/^DBUS_SYSTEM_BUS_ADDRESS=unix:path=\/run\/some-bus$/mu);
  expect(environment).not.toContain(SECRET);
  expect(environment).not.toContain("de_DE");
}

describe.concurrent("a program that the agent starts gets no more of its environment than it needs:", () => {
  it("flock and systemd-notify", async () => {
    for (const tool of ["flock", "systemd-notify"]) {
      using spy = spyOn(tool);
      using place = home();
      place.write({ url: "http://127.0.0.1:9", key: makeKey() });
      const environment = { ...ENVIRONMENT, PATH: spy.path, NOTIFY_SOCKET: join(place.folder, "notify") };
      await using _agent = startAgent({ ...place, environment });
      expectMinimal(await eventually(spy.environment, { describe: `${tool} is started` }));
      expect(spy.environment()).toMatch(/^NOTIFY_SOCKET=/mu);
    }
  });

  it("systemctl", async () => {
    using spy = spyOn("systemctl");
    await command(["stop"], { environment: { ...ENVIRONMENT, PATH: spy.path } });
    expectMinimal(spy.environment());
  });
});

it("the agent itself reads all of it", async () => {
  using place = home();
  place.write({ url: "https://control-plane.example", key: makeKey() });
  const { stdout } = await command(["doctor", "-c", place.configPath], { environment: ENVIRONMENT });
  expect(stdout).toMatch(/proxy.*127\.0\.0\.1:9/iu);
  expect(stdout).not.toContain(SECRET);
});
