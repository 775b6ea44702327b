import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { oddSecrets, readSettings } from "../../../src/control-plane/settings/settings.ts";
import { settingsFix } from "../../../src/control-plane/settings/settings-fix.ts";
import {
  readServiceEnvironment,
  type ServiceEnvironment,
} from "../../../src/control-plane/settings/variable-source.ts";
import { tempDir } from "../../support/temp-dir.ts";

const SERVICE = { INVOCATION_ID: "1" };
const FILE = "/etc/default/novacula-control-plane";
const UNIT = "usr/lib/systemd/system/novacula-control-plane.service";

function host(files: Readonly<Record<string, string>>): string {
  const root = tempDir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

it("finds where the service's variables are set: a file counts more than a drop-in, a later one more than an earlier", () => {
  const root = host({
    [UNIT]: `[Service]\nEnvironment=PORT=1\nEnvironmentFile=-${FILE}\n`,
    "etc/systemd/system/novacula-control-plane.service.d/20-a.conf":
      '[Service]\nEnvironment="HOST=::" PORT=2\n',
    "run/systemd/system/novacula-control-plane.service.d/10-b.conf":
      "[Service]\nEnvironment=HOST=x LOG_LEVEL=info\n",
    [FILE]: "# PORT=9\n\nPORT=3\n",
  });
  expect(Object.fromEntries(readServiceEnvironment(root).places)).toEqual({
    PORT: `${FILE} line 3`,
    HOST: "/etc/systemd/system/novacula-control-plane.service.d/20-a.conf line 2",
    LOG_LEVEL: "/run/systemd/system/novacula-control-plane.service.d/10-b.conf line 2",
  });
});

it("says where to correct a variable, and that a file which cannot be read may set it too", () => {
  const read = (places: [string, string][], unreadable: string[]) => (): ServiceEnvironment => ({
    places: new Map(places),
    unreadable,
  });
  expect(settingsFix(["PORT"], {}, read([], []))).toBeUndefined();
  expect(settingsFix(["PORT"], SERVICE, read([["PORT", `${FILE} line 3`]], []))).toBe(
    `correct it (PORT is set in ${FILE} line 3), then run:\nsudo systemctl restart novacula-control-plane`,
  );
  expect(settingsFix(["PORT"], SERVICE, read([], [FILE]))).toContain(`correct it in ${FILE}, then run:`);
  expect(settingsFix(["PORT"], SERVICE, read([["PORT", "/x.conf line 1"]], [FILE]))).toContain(
    `PORT is set in /x.conf line 1; ${FILE} may set it too`,
  );
});

it("refuses paths in quotes, and names secrets in quotes without showing them", () => {
  expect(() => readSettings({ TLS_CERT: "'/a.pem'", TLS_KEY: "/a.key " })).toThrow(
    /TLS_CERT: must be a path.*in quotes[\s\S]*TLS_KEY: must be a path.*ends with a space/,
  );
  const secret = `"${"s".repeat(40)}"`;
  expect(oddSecrets({ BETTER_AUTH_SECRET: secret, INITIAL_ADMIN_PASSWORD: "twelve chars" })).toEqual([
    "BETTER_AUTH_SECRET: it is in quotes, which are part of the value: delete them, unless that was intended",
  ]);
});
