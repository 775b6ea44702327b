import { describe, expect, it } from "vitest";
import { chainAdapter } from "../../../src/protocol/chains/adapters/adapter.ts";
import { CATALOGUE } from "../../../src/protocol/chains/catalogue.ts";
import { processKinds, unitName } from "../../../src/protocol/chains/process-kinds.ts";

const clients = CATALOGUE.flatMap((adapter) =>
  adapter.roles.flatMap((role) => role.clients.map((client) => ({ adapter, role, client }))),
);
const named = clients.map((each) => [`${each.adapter.chain} ${each.client.client}`, each] as const);

/** What a key that takes a command, a path, a URL, an address or a list of who may come is named for. */
const DANGEROUS =
  /notify|cmd|command|exec|path|file|dir$|url|proxy|addr|bind|host|allow|white|origin|cors|connect$|addnode|seed|peer$|node$|wallet|conf|include|login|auth|password|jwt|ipc|mnemonic|zmq|ssl|cert/iu;

describe("every adapter of the catalogue", () => {
  it.each(CATALOGUE.map((adapter) => [adapter.chain, adapter] as const))(
    "%s has the schema's shape",
    (_chain, adapter) => {
      expect(chainAdapter.parse(adapter)).toEqual(adapter);
    },
  );

  it("has a name of its own, as has every kind of process", () => {
    expect(new Set(CATALOGUE.map(({ chain }) => chain)).size).toBe(CATALOGUE.length);
    expect(new Set(processKinds().map(({ kind }) => kind)).size).toBe(processKinds().length);
  });

  it("names its units", () => {
    expect(unitName("bitcoin", "node", "btc-1")).toBe("bitcoin-node@btc-1.service");
    expect(processKinds().map(({ kind }) => kind)).toEqual([
      "bitcoin-node",
      "litecoin-node",
      "monero-node",
      "ethereum-el",
      "ethereum-cl",
      "dev-ethereum-node",
    ]);
  });
});

describe("every client of the catalogue", () => {
  it.each(named)("%s has arguments for every network of its chain", (_name, { adapter, client }) => {
    expect(Object.keys(client.networkArguments).sort()).toEqual(
      adapter.networks.map(({ network }) => network).sort(),
    );
  });

  it.each(named)("%s has ports for networks of its chain only", (_name, { adapter, role }) => {
    const networks = adapter.networks.map(({ network }) => network);
    expect(
      role.ports
        .flatMap(({ byNetwork }) => Object.keys(byNetwork))
        .filter((each) => !networks.includes(each)),
    ).toEqual([]);
  });

  it.each(named)("%s has placeholders that can be filled in", (_name, { adapter, role, client }) => {
    const lines = [...client.arguments, ...client.settings, ...Object.values(client.networkArguments).flat()];
    const found = lines.flatMap((line) => [...line.matchAll(/\{([^}]*)\}/gu)].map(([, name]) => name));
    const ports = adapter.roles.flatMap((each) =>
      each.ports.flatMap(({ name }) => [
        `port.${each.role}.${name}`,
        ...(each === role ? [`port.${name}`] : []),
      ]),
    );
    const known = ["data", "config", "jwt", "login", "network", ...ports];
    expect(found.filter((name) => !known.includes(name ?? ""))).toEqual([]);
    expect(lines.join("").replaceAll(/\{[^}]*\}/gu, "")).not.toMatch(/[{}]/u);
  });

  it.each(named)("%s lets nobody change what Novacula decides", (_name, { client }) => {
    const known = client.knownSettings.map(({ key }) => key);
    expect(known.filter((key) => client.managedSettings.includes(key))).toEqual([]);
    expect(known).toEqual([...new Set(known)].sort());
    expect(client.managedSettings).toEqual([...new Set(client.managedSettings)].sort());
  });

  it.each(named)(
    "%s has no setting for a command, path, URL, address or list of callers",
    (_name, { client }) => {
      expect(client.knownSettings.map(({ key }) => key).filter((key) => DANGEROUS.test(key))).toEqual([]);
    },
  );

  it.each(named)("%s manages each argument and line that it gives", (_name, { client }) => {
    const lines = [...client.arguments, ...client.settings, ...Object.values(client.networkArguments).flat()];
    const keys = lines
      .filter((line) => !line.startsWith("{") && (line.startsWith("-") || line.includes("=")))
      .map((line) => line.replace(/^-+/u, "").replace(/=.*$/u, ""));
    expect([...new Set(keys)].filter((key) => !client.managedSettings.includes(key))).toEqual([]);
  });

  it.each(named)("%s relates settings that it knows", (_name, { client }) => {
    const known = client.knownSettings.map(({ key }) => key);
    const related = client.relations.flatMap(({ key, other }) => [key, other]);
    expect(related.filter((key) => !known.includes(key))).toEqual([]);
  });

  it.each(named)("%s has its newest version first", (_name, { client }) => {
    const versions = client.versions.map(({ version }) => version);
    const byNumber = new Intl.Collator("en", { numeric: true });
    expect(versions).toEqual(versions.toSorted((a, b) => byNumber.compare(b, a)));
  });

  it.each(named)("%s finds its version with one group", (_name, { client }) => {
    const pattern = new RegExp(`${client.versionCheck.pattern}|`, "u");
    expect(pattern.exec("")).toHaveLength(2);
  });
});

/** The first lines of what clients print, on Debian 12, on Debian 13 and from npm. */
const PRINTED = [
  ["litecoind", "Litecoin Core version v0.21.2.1-gfce5d459f0a83f56a83059c5c69295d7745b51d2", "0.21.2.1"],
  ["litecoind", "Litecoin Core version v0.21.4.0-gbeae01d62292a0aab363b7a4d3f606708cea7260", "0.21.4"],
  ["monerod", "Monero 'Fluorine Fermi' (v0.18.0.0-unknown)", "0.18.0.0"],
  ["monerod", "Monero 'Fluorine Fermi' (v0.18.4.0-unknown)", "0.18.4.0"],
  ["anvil", "anvil Version: 1.5.1-v1.5.1", "1.5.1"],
  ["anvil", "anvil Version: 1.7.1", "1.7.1"],
] as const;

describe("the version of a client", () => {
  it.each(PRINTED)("%s that prints %j is %s", (name, printed, version) => {
    const client = clients.find((each) => each.client.client === name)?.client;
    expect(new RegExp(client?.versionCheck.pattern ?? "", "u").exec(printed)?.[1]).toBe(version);
    expect(client?.versions.map((each) => each.version)).toContain(version);
  });
});
