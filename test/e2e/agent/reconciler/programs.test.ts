import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Programs, placesOf } from "../../../../src/agent/reconciler/render/programs.ts";
import type { ChainAdapter } from "../../../../src/protocol/chains/adapters/adapter.ts";
import { DEV_ETHEREUM } from "../../../../src/protocol/chains/adapters/dev-ethereum.ts";
import { LITECOIN } from "../../../../src/protocol/chains/adapters/litecoin.ts";
import { eventually } from "../../../support/eventually.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const OWNERS = [process.geteuid?.() ?? -1];

/** A program that is a script, in a folder for clients. */
function program(path: string, script: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

/** Litecoin with its system program elsewhere. */
function catalogueWith(systemProgram: string): readonly ChainAdapter[] {
  return [
    {
      ...LITECOIN,
      roles: LITECOIN.roles.map((role) => ({
        ...role,
        clients: role.clients.map((client) => ({
          ...client,
          versions: client.versions.map(({ version }) => ({ version, systemProgram })),
        })),
      })),
    },
  ];
}

describe("a program in the folder for clients", () => {
  const place = (dir: string) => join(dir, "anvil", "1.7.1", "anvil");

  it("is found under its client and version, and is not run", async () => {
    const dir = tempDir();
    const path = program(place(dir), `touch ${dir}/ran`);
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: [DEV_ETHEREUM] });
    await programs.refresh();
    expect(programs.programOf("anvil", "1.7.1")).toBe(path);
    expect(programs.programOf("anvil", "1.5.1")).toBeUndefined();
    expect(programs.programOf("anvil", "../1.7.1")).toBeUndefined();
    expect(existsSync(join(dir, "ran"))).toBe(false);
  });

  it.each([
    ["that others may write", 0o757],
    ["that its group may write", 0o775],
    ["that nobody may run", 0o644],
  ])("%s is not there", async (_which, mode) => {
    const dir = tempDir();
    program(place(dir), "", mode);
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: [DEV_ETHEREUM] });
    await programs.refresh();
    expect(programs.programOf("anvil", "1.7.1")).toBeUndefined();
  });

  it("of another owner is not there, nor is a folder", async () => {
    const dir = tempDir();
    program(place(dir), "");
    mkdirSync(join(dir, "anvil", "1.5.1", "anvil"), { recursive: true });
    const others = new Programs({ clientsDir: dir, owners: [4_000_000], catalogue: [DEV_ETHEREUM] });
    await others.refresh();
    expect(others.programOf("anvil", "1.7.1")).toBeUndefined();
    const own = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: [DEV_ETHEREUM] });
    await own.refresh();
    expect(own.programOf("anvil", "1.5.1")).toBeUndefined();
  });

  it("is gone after the next look once it is removed", async () => {
    const dir = tempDir();
    const path = program(place(dir), "");
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: [DEV_ETHEREUM] });
    await programs.refresh();
    chmodSync(path, 0o644);
    await programs.refresh();
    expect(programs.programOf("anvil", "1.7.1")).toBeUndefined();
  });
});

describe("a program of the system", () => {
  it("is the version that it says it is, and is asked again only when it changes", async () => {
    const dir = tempDir();
    const says = (version: string) =>
      `echo asked >>${dir}/asked; echo 'Litecoin Core version v${version}-g12'`;
    const path = program(join(dir, "litecoind"), says("0.21.4"));
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: catalogueWith(path) });
    await programs.refresh();
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBe(path);
    expect(programs.programOf("litecoind", "0.21.2.1")).toBeUndefined();
    expect(readFileSync(join(dir, "asked"), "utf8")).toBe("asked\n");
    program(path, says("0.21.2.1"));
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBeUndefined();
    expect(programs.programOf("litecoind", "0.21.2.1")).toBe(path);
  });

  it("gives way to one in the folder for clients", async () => {
    const dir = tempDir();
    const system = program(join(dir, "litecoind"), "echo 'version v0.21.4'");
    const own = program(join(dir, "litecoind.d", "litecoind", "0.21.4", "litecoind"), "");
    const programs = new Programs({
      clientsDir: join(dir, "litecoind.d"),
      owners: OWNERS,
      catalogue: catalogueWith(system),
    });
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBe(own);
  });

  it("sees nothing of the agent's environment", async () => {
    const dir = tempDir();
    const path = program(
      join(dir, "litecoind"),
      `/usr/bin/env >${dir}/seen; pwd >>${dir}/seen; echo 'version v0.21.4'`,
    );
    await new Programs({ clientsDir: dir, owners: OWNERS, catalogue: catalogueWith(path) }).refresh();
    const seen = readFileSync(join(dir, "seen"), "utf8").split("\n");
    expect(seen.filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD)=/u.test(line))).toEqual(["/", ""]);
  });

  it.each([
    ["writes without end", "while :; do echo 'version v0.21.4'; done"],
    ["fails", "echo 'version v0.21.4'; exit 1"],
    ["is no program", "\u0000"],
    ["says no version", "echo hello"],
    ["does not end", "echo 'version v0.21.4'; exec sleep 600"],
  ])("that %s is not there", async (_what, script) => {
    const dir = tempDir();
    const path = program(join(dir, "litecoind"), script);
    const catalogue = catalogueWith(path).map((adapter) => ({
      ...adapter,
      roles: adapter.roles.map((role) => ({
        ...role,
        clients: role.clients.map((client) => ({ ...client, versions: client.versions.slice(0, 1) })),
      })),
    }));
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue });
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBeUndefined();
  });
});

describe("a program of the system that fails", () => {
  it("is asked again after a minute, and not at every look", async () => {
    const dir = tempDir();
    const asked = () => readFileSync(join(dir, "asked"), "utf8");
    const path = program(
      join(dir, "litecoind"),
      `echo asked >>${dir}/asked; test -e ${dir}/well && echo 'version v0.21.4'`,
    );
    let now = 1_000_000;
    const programs = new Programs({
      clientsDir: dir,
      owners: OWNERS,
      catalogue: catalogueWith(path),
      now: () => now,
    });
    await programs.refresh();
    await programs.refresh();
    expect(asked()).toBe("asked\n");
    writeFileSync(join(dir, "well"), "");
    now += 59_999;
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBeUndefined();
    now += 1;
    await programs.refresh();
    expect(programs.programOf("litecoind", "0.21.4")).toBe(path);
    expect(asked()).toBe("asked\nasked\n");
  });
});

it("a look that finds the same programs changes nothing that is known", async () => {
  const dir = tempDir();
  const place = (version: string) => {
    mkdirSync(join(dir, "litecoind", version), { recursive: true });
    return program(join(dir, "litecoind", version, "litecoind"), "true");
  };
  place("0.21.4");
  let now = 1_000_000;
  const programs = new Programs({ clientsDir: dir, owners: OWNERS, now: () => now });
  const look = async () => {
    await programs.refreshIfDue(false, AbortSignal.timeout(60_000));
    return programs.foundAt;
  };
  expect(await look()).toBe(now);
  now += 60_000;
  expect(await look()).toBe(now - 60_000);
  place("0.21.2.1");
  now += 59_999;
  expect(await look()).toBe(now - 119_999);
  now += 1;
  expect(await look()).toBe(now);
});

describe("a program that is asked when the agent stops", () => {
  it.each([
    ["hangs", "exec sleep 600"],
    ["does not listen to signals", "trap '' TERM INT HUP; while :; do sleep 0.1; done"],
    ["leaves its outputs to another", "sleep 3 & exec sleep 600"],
    ["writes on", "while :; do echo 'version v0.21.4'; sleep 0.01; done"],
  ])("and %s, is gone before the stop goes on", async (_what, script) => {
    const dir = tempDir();
    const path = program(
      join(dir, "litecoind"),
      `echo $$ >${dir}/pid.new; mv ${dir}/pid.new ${dir}/pid; ${script}`,
    );
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: catalogueWith(path) });
    const stop = new AbortController();
    const asked = programs.refresh(stop.signal);
    const pid = Number(
      await eventually(() => readFileSync(join(dir, "pid"), "utf8"), { describe: "it runs" }),
    );
    stop.abort();
    await asked;
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("is not asked at all once it stops, and keeps what was found before", async () => {
    const dir = tempDir();
    const path = program(join(dir, "litecoind"), `echo asked >>${dir}/asked; echo 'version v0.21.4'`);
    const programs = new Programs({ clientsDir: dir, owners: OWNERS, catalogue: catalogueWith(path) });
    await programs.refresh();
    program(path, "echo changed; exit 1");
    await programs.refresh(AbortSignal.abort());
    expect(readFileSync(join(dir, "asked"), "utf8")).toBe("asked\n");
    expect(programs.programOf("litecoind", "0.21.4")).toBe(path);
  });
});

describe("the places of a program", () => {
  it("are named for a message", () => {
    expect(placesOf("litecoind", "0.21.4")).toEqual([
      "/usr/lib/novacula/clients/litecoind/0.21.4/litecoind",
      "/usr/lib/litecoin/litecoind",
    ]);
    expect(placesOf("anvil", "1.7.1")).toEqual(["/usr/lib/novacula/clients/anvil/1.7.1/anvil"]);
  });
});
