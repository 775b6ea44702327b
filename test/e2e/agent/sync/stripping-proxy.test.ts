import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { agentHome, startAgent } from "../../../support/agent/agent-process.ts";
import { command } from "../../../support/agent/command.ts";
import { startControlPlane } from "../../../support/control-plane/control-plane.ts";
import { freePort } from "../../../support/free-port.ts";
import { lacksNginx, startNginx } from "../../../support/nginx.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

/** A real nginx between agent and control plane, which spoils the header or answers by itself. */

vi.setConfig({ testTimeout: 120_000 });

const CASES: readonly (readonly [
  what: string,
  directives: string,
  said: RegExp,
  arrived: string | undefined,
])[] = [
  [
    "removes Authorization",
    'proxy_set_header Authorization "";',
    /got no Authorization header, although this agent sent its key: a proxy on the way removes/,
    "nothing",
  ],
  [
    "replaces it",
    'proxy_set_header Authorization "Basic c3RhZmY6c2VjcmV0";',
    /got another kind of credential, although this agent sent its key: a proxy on the way replaces/,
    "other_scheme",
  ],
  [
    "adds a credential of its own",
    'proxy_set_header Authorization "$http_authorization, Basic c3RhZmY6c2VjcmV0";',
    /got two credentials in one header, although this agent sent its key: a proxy on the way replaces/,
    "several",
  ],
  [
    "asks for a password of its own",
    'auth_basic "staff"; auth_basic_user_file /dev/null;',
    /answered 401 \("401 Authorization Required"\) \(Server: nginx[^)]*\), but not as a control plane does/,
    undefined,
  ],
  [
    "refuses in the form of the product",
    'default_type application/json; return 401 \'{"statusCode":401,"message":"Unauthorized"}\';',
    /answered 401: "Unauthorized", but without the mark that the control plane there had/,
    undefined,
  ],
];

describe.skipIf(lacksNginx)("an nginx on the way", () => {
  it.each(CASES)(
    "that %s is named on both sides, and no key is called refused",
    async (_what, directives, said, arrived) => {
      await using directory = temporaryDirectory();
      const controlPlane = await startControlPlane();
      onTestFinished(async () => void (await controlPlane.stop()));
      const { secret } = await controlPlane.createKey();
      const port = await freePort();
      const site = (more: string) =>
        `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${controlPlane.port}; ${more} } }`;
      const home = agentHome(directory.path);
      home.write({ url: `http://127.0.0.1:${port}`, key: secret });
      const good = await startNginx(join(directory.path, "good"), port, site(""));
      await using agent = startAgent({ ...home, environment: { NO_PROXY: "*" } });
      await agent.waitForLine("key.accepted", undefined, 20_000);
      await good[Symbol.asyncDispose]();
      {
        await using _spoiling = await startNginx(join(directory.path, "spoiling"), port, site(directives));
        await agent.post("retry");
        const { reason } = await agent.waitForStatus((status) => said.test(status.reason), 30_000);
        expect(reason).toMatch(/ answers, but cannot serve, since /);
        const doctor = await command(["doctor", "--config", home.configPath], {
          environment: { NO_PROXY: "*" },
        });
        expect(doctor.stdout).toMatch(said);
        expect(doctor.code).toBe(1);
        const logged = controlPlane.lines.filter((line) => line.includes('"key.refused"')).join("\n");
        expect(logged.includes(`"arrived":"${arrived}"`)).toBe(arrived !== undefined);
        expect(`${logged}${doctor.stdout}${reason}`).not.toContain("c3RhZmY6");
      }
      await using _again = await startNginx(join(directory.path, "again"), port, site(""));
      await agent.post("retry");
      await agent.waitForStatus((status) => status.state === "online", 30_000);
      expect(agent.lines.filter(({ level }) => level === "error")).toEqual([]);
    },
  );
});
