import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { ignoredVariables, oddSecrets, readSettings } from "../../../src/control-plane/settings/settings.ts";
import { listedPlaces, placeOf, settingsFix } from "../../../src/control-plane/settings/settings-fix.ts";
import {
  readServiceEnvironment,
  type ServiceEnvironment,
} from "../../../src/control-plane/settings/variable-source.ts";
import { describeProblems } from "../../../src/lib/command-line/environment-variable.ts";
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

it.each([
  ["", "# DATABASE_URL=file:/no\n", undefined],
  ["", "DATABASE_URL=\n", undefined],
  ["", 'DATABASE_URL=file:/a\n DATABASE_URL = "postgres://db/n?a=b"\n', "postgres://db/n?a=b"],
  ["Environment=PORT=1 DATABASE_URL=file:/a LOG_LEVEL=info\n", "", "file:/a"],
  [`Environment="DATABASE_URL=file:/a b" 'PORT=1'\n`, "", "file:/a b"],
  ["Environment=DATABASE_URL=file:/a\n", "DATABASE_URL=file:/b\n", "file:/b"],
])("finds the database of the service in %j and %j", (unit, file, found) => {
  const root = host({ [UNIT]: `[Service]\n${unit}EnvironmentFile=-${FILE}\n`, [FILE]: file });
  expect(readServiceEnvironment(root).databaseUrl).toBe(found);
});

it("says where to correct a variable, and that a file which cannot be read may set it too", () => {
  const read = (places: [string, string][], unreadable: string[]) => (): ServiceEnvironment => ({
    places: new Map(places),
    databaseUrl: undefined,
    unreadable,
    ignored: [],
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

it("says of each of several variables where to correct it, if that is known of all", () => {
  const places = new Map([
    ["PORT", `${FILE} line 3`],
    ["HOST", `${FILE} line 4`],
  ]);
  const read = (unreadable: string[]) => (): ServiceEnvironment => ({
    places,
    databaseUrl: undefined,
    unreadable,
    ignored: [],
  });
  const both = ["PORT", "HOST"];
  expect(settingsFix(both, SERVICE, read([]))).toBe(
    "correct them, then run:\nsudo systemctl restart novacula-control-plane",
  );
  expect(listedPlaces(both, SERVICE, read([]))).toBe(places);
  for (const found of [
    listedPlaces(["PORT", "PORT"], SERVICE, read([])),
    listedPlaces([...both, "TLS_KEY"], SERVICE, read([])),
    listedPlaces(both, {}, read([])),
    listedPlaces(both, SERVICE, read([FILE])),
  ]) {
    expect(found.size).toBe(0);
  }
  expect(settingsFix(both, SERVICE, read([FILE]))).toContain("HOST is set in");
  const problems = both.map((name) => ({ name, message: "is wrong" }));
  expect(describeProblems([], problems, {}, places)).toEqual([
    `  PORT: is wrong; it is in ${FILE} line 3`,
    `  HOST: is wrong; it is in ${FILE} line 4`,
  ]);
});

it.each([
  [{ HEARTBEAT_TIMEOUT_MS: "30s" }, /from 100 to 86400000: write 30000 \(got 30s\)/],
  [{ HEARTBEAT_TIMEOUT_MS: "1.5 min" }, /: write 90000 \(/],
  [{ HEARTBEAT_TIMEOUT_MS: "250ms" }, /: write 250 \(/],
  [{ DRAIN_SECONDS: "1m" }, /from 0 to 600: write 60 \(got 1m\)/],
  [{ DRAIN_SECONDS: "2h" }, /from 0 to 600 \(got 2h\)/],
  [{ DRAIN_SECONDS: "500ms" }, /from 0 to 600 \(/],
  [{ DRAIN_SECONDS: "many" }, /from 0 to 600 \(/],
  [{ PORT: "3s" }, /from 0 to 65535 \(/],
])("says which number to write for a length of time with a unit: %o", (env, said) => {
  expect(() => readSettings(env)).toThrow(said);
});

it("refuses a URL that ends with a line break, without showing its password", () => {
  const read = () => readSettings({ DATABASE_URL: "postgres://u:secret-word@127.0.0.1/n\n" });
  expect(read).toThrow(/DATABASE_URL: must be a URL; it ends with a line break/);
  expect(read).not.toThrow(/secret-word/);
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

it.each([
  [
    "PORT=3000 # http",
    /PORT: must be an integer.* \(got "3000 # http"\); what begins with # is part of the value/,
  ],
  ["HOST=$ADDRESS", /HOST: must be an address.*; nothing fills in the \$ADDRESS in it/],
  ["TLS_CERT=/etc/tls/a.pem # ours", /TLS_CERT: must be a path.*; what begins with # is part/],
  [
    `DATABASE_URL=file:${"$"}{STATE}/cp.db`,
    /DATABASE_URL: must be .*; nothing fills in the \$\{STATE\} in it/,
  ],
  ["LOG_LEVEL={{ level }}", /LOG_LEVEL: must be debug.*; nothing fills in the \{\{ in it/],
  ["METRICS_ADDRESS=127.0.0.1:9464\r", /METRICS_ADDRESS: .*; it ends with a carriage return/],
])("says what of %s a person did not mean as a part of the value", (line, said) => {
  const [name = "", value = ""] = line.split(/=(.*)/su);
  expect(() => readSettings({ TLS_KEY: name === "TLS_CERT" ? "/a.key" : undefined, [name]: value })).toThrow(
    said,
  );
});

it("names the lines that systemd ignores, of its own variables only", () => {
  const lines = [
    "export PORT=3000",
    "HOST: 0.0.0.0",
    "Environment=LOG_LEVEL=debug",
    "export PATH=/bin",
    "#export HOST=x",
  ];
  const root = host({
    [UNIT]: `[Service]\nEnvironmentFile=-${FILE}\n`,
    [FILE]: `${lines.join("\n")}\n`,
  });
  const read = () => readServiceEnvironment(root);
  expect(ignoredVariables(SERVICE, read)).toEqual([
    `PORT is not set by ${FILE} line 1: a file for systemd has the name alone before the =. Fix: write PORT=VALUE there`,
    `HOST is not set by ${FILE} line 2: a file for systemd has = in place of the colon. Fix: write HOST=VALUE there`,
    `LOG_LEVEL is not set by ${FILE} line 3: a file for systemd has the name alone before the =. Fix: write LOG_LEVEL=VALUE there`,
  ]);
  expect(ignoredVariables({}, read)).toEqual([]);
  expect([...read().places.keys()]).toEqual(["Environment"]);
});

it("says where a variable of the service is set, and nothing of a program that a person starts", () => {
  const root = host({ [UNIT]: `[Service]\nEnvironmentFile=-${FILE}\n`, [FILE]: "\nHOST=10.20.0.5\n" });
  const read = () => readServiceEnvironment(root);
  expect(placeOf("HOST", SERVICE, read)).toBe(`${FILE} line 2`);
  expect(placeOf("PORT", SERVICE, read)).toBeUndefined();
  expect(placeOf("HOST", {}, read)).toBeUndefined();
});
