import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { allFiles, placeOf, sourceFiles } from "./support/source-files.ts";

const PROGRAMS = ["agent", "control-plane", "page"] as const;

/**
 * Who may import whom. A folder is named from its program's; files at a program's top are named by
 * themselves, and those that are not listed start the program and may import anything of it. lib and
 * protocol are open to everybody. No program imports another. A name in a list that nobody needs
 * any more fails a test, so that the list says what there is.
 */
const MAY_IMPORT: Readonly<Record<Program, Readonly<Record<string, readonly string[]>>>> = {
  agent: {
    cli: ["cli/dev", "cli/doctor", "cli/key", "cli/nodes", "cli/run", "cli/service", "cli/status", "journal"],
    "cli/dev": ["cli/host", "cli/key", "cli/status", "config", "config/issue", "daemon/status", "key"],
    "cli/doctor": [
      "cli/doctor/here",
      "cli/host",
      "cli/host/user",
      "cli/key",
      "config",
      "daemon/status",
      "doctor",
      "doctor/connection",
      "doctor/local",
      "doctor/nodes",
      "doctor/rules",
      "journal",
      "reconciler/decide",
      "reconciler/host",
      "sync/answer",
      "sync/network",
      "sync/proxy",
      "systemd",
      "systemd/service",
      "systemd/unit",
    ],
    "cli/doctor/here": [
      "cli/key",
      "doctor/connection",
      "doctor/executor",
      "doctor/local",
      "sync",
      "sync/network",
    ],
    "cli/host": [
      "cli/host/user",
      "config",
      "config/file",
      "config/schema",
      "daemon",
      "daemon/resources",
      "daemon/status",
      "systemd",
      "systemd/service",
    ],
    "cli/host/user": ["systemd/service"],
    "cli/key": [
      "cli/host",
      "cli/service",
      "cli/status",
      "config",
      "config/file",
      "config/issue",
      "config/schema",
      "config/toml",
      "daemon/narration",
      "daemon/resources",
      "daemon/status",
      "key",
      "sync",
      "sync/answer",
      "systemd",
    ],
    "cli/nodes": [
      "cli/host",
      "config/file",
      "daemon",
      "daemon/status",
      "reconciler/host",
      "reconciler/render",
      "systemd",
    ],
    "cli/run": [
      "cli/host",
      "cli/host/user",
      "config",
      "config/issue",
      "config/schema",
      "daemon",
      "daemon/narration",
      "daemon/resources",
      "journal",
      "reconciler",
      "sync",
      "sync/answer",
      "sync/network",
      "systemd",
    ],
    "cli/service": ["cli/host", "cli/host/user", "systemd"],
    "cli/status": ["cli/host", "daemon/resources", "daemon/status", "systemd/service"],
    config: ["config/file", "config/issue", "config/schema", "config/toml", "key", "stand-in"],
    "config/file": ["config/schema", "key"],
    "config/issue": ["config/schema", "stand-in"],
    "config/schema": ["stand-in"],
    "config/toml": ["config/issue", "config/schema", "key", "stand-in"],
    daemon: [
      "config",
      "config/schema",
      "daemon/narration",
      "daemon/resources",
      "daemon/rotation",
      "daemon/status",
      "daemon/watch",
      "journal",
      "sync",
      "sync/answer",
    ],
    "daemon/narration": [
      "config",
      "config/issue",
      "daemon/rotation",
      "journal",
      "key",
      "sync",
      "sync/answer",
    ],
    "daemon/resources": ["config/file", "config/schema", "daemon/rotation", "sync/answer"],
    "daemon/rotation": ["config/issue", "config/schema", "key", "sync", "sync/answer"],
    "daemon/status": ["daemon/narration", "daemon/rotation", "journal"],
    "daemon/watch": ["config"],
    doctor: [
      "config",
      "config/file",
      "config/issue",
      "config/schema",
      "daemon/narration",
      "daemon/status",
      "doctor/connection",
      "doctor/executor",
      "doctor/local",
      "doctor/nodes",
      "doctor/rules",
      "doctor/unit",
      "journal",
      "key",
      "sync/answer",
      "sync/network",
      "systemd",
      "systemd/service",
      "systemd/unit",
    ],
    "doctor/connection": ["doctor/executor", "doctor/local", "doctor/rules", "sync/answer", "sync/network"],
    "doctor/executor": ["daemon/narration", "daemon/status"],
    "doctor/local": [
      "config/schema",
      "doctor/rules",
      "doctor/unit",
      "sync/answer",
      "systemd",
      "systemd/service",
      "systemd/unit",
    ],
    "doctor/nodes": [],
    "doctor/rules": ["sync/answer", "systemd/service"],
    "doctor/unit": ["systemd", "systemd/service", "systemd/unit"],
    journal: [],
    key: ["stand-in"],
    reconciler: [
      "config/schema",
      "daemon",
      "daemon/status",
      "journal",
      "reconciler/decide",
      "reconciler/host",
      "reconciler/probe",
      "reconciler/render",
    ],
    "reconciler/decide": ["reconciler/probe"],
    "reconciler/host": ["reconciler/decide", "systemd"],
    "reconciler/probe": ["reconciler/render", "sync"],
    "reconciler/render": [],
    "stand-in": [],
    sync: ["key", "sync/answer", "sync/network", "sync/proxy"],
    "sync/answer": [],
    "sync/network": ["stand-in", "sync/answer", "sync/proxy"],
    "sync/proxy": [],
    systemd: [],
    "systemd/service": ["systemd", "systemd/unit"],
    "systemd/unit": ["systemd"],
  },
  "control-plane": {
    "api-error.ts": [],
    audit: ["store/contract"],
    cli: [
      "cli/backup",
      "cli/management",
      "cli/migrate",
      "cli/nodes",
      "cli/serve",
      "organizations",
      "settings",
    ],
    "cli/serve": [
      "http",
      "http/tls",
      "log",
      "metrics",
      "organizations",
      "people",
      "server.ts",
      "settings",
      "store",
      "store/address",
      "store/contract",
      "store/open",
      "store/sqlite",
      "store/sqlite/migrations",
    ],
    "cli/management": ["api-error.ts", "settings"],
    "cli/backup": ["cli/management", "settings", "store/address"],
    "cli/migrate": ["cli/management", "settings", "store/address", "store/move"],
    "cli/nodes": ["cli/management"],
    executors: [
      "api-error.ts",
      "audit",
      "executors/pace",
      "executors/presence",
      "graphql/request",
      "keys",
      "log",
      "nodes",
      "organizations",
      "rights",
      "store/contract",
    ],
    "executors/pace": ["log"],
    "executors/presence": ["executors/pace", "log", "store/contract"],
    graphql: [
      "api-error.ts",
      "executors",
      "executors/presence",
      "graphql/request",
      "http",
      "keys",
      "log",
      "metrics",
      "nodes",
      "organizations",
      "people",
      "people/members",
      "rights",
      "store/contract",
    ],
    "graphql/request": ["api-error.ts"],
    health: ["http", "store/contract"],
    http: ["api-error.ts", "log", "settings", "store/contract"],
    "http/tls": ["log"],
    keys: ["api-error.ts", "audit", "organizations", "rights", "store/contract"],
    log: ["api-error.ts", "store/contract"],
    metrics: ["api-error.ts", "http", "store/contract"],
    nodes: ["api-error.ts", "audit", "log", "rights", "store/contract"],
    organizations: ["api-error.ts", "store/contract"],
    page: ["health", "http", "people"],
    people: [
      "api-error.ts",
      "audit",
      "graphql/request",
      "http",
      "log",
      "people/members",
      "people/sign-in",
      "rights",
      "store/contract",
    ],
    "people/members": [
      "api-error.ts",
      "audit",
      "http",
      "organizations",
      "people/sign-in",
      "rights",
      "store/contract",
    ],
    "people/sign-in": ["api-error.ts", "http", "log", "organizations", "rights", "store", "store/contract"],
    rights: ["api-error.ts", "audit", "graphql/request", "organizations", "store/contract"],
    settings: ["organizations", "store/address"],
    store: ["log", "store/contract"],
    "store/address": [],
    "store/contract": [],
    "store/move": [
      "store/address",
      "store/contract",
      "store/postgres",
      "store/postgres/connection",
      "store/postgres/migrations",
      "store/rows",
      "store/sqlite/migrations",
      "store/sqlite/rows",
    ],
    "store/open": [
      "store/address",
      "store/postgres",
      "store/sqlite",
      "store/sqlite/migrations",
      "store/sqlite/rows",
    ],
    "store/postgres": [
      "store",
      "store/address",
      "store/contract",
      "store/postgres/activity",
      "store/postgres/connection",
      "store/postgres/history",
      "store/postgres/lists",
      "store/postgres/migrations",
      "store/postgres/sign-in",
      "store/rows",
    ],
    "store/postgres/activity": ["store/contract", "store/postgres/connection", "store/postgres/history"],
    "store/postgres/connection": ["store/address", "store/contract", "store/rows"],
    "store/postgres/history": ["store/contract", "store/postgres/connection"],
    "store/postgres/lists": ["store/contract", "store/postgres/connection", "store/rows"],
    "store/postgres/migrations": ["store/postgres/connection", "store/rows"],
    "store/postgres/sign-in": ["store/contract", "store/postgres/connection", "store/rows"],
    "store/rows": ["store/contract"],
    "store/sqlite": [
      "store",
      "store/contract",
      "store/rows",
      "store/sqlite/history",
      "store/sqlite/lists",
      "store/sqlite/migrations",
      "store/sqlite/rows",
      "store/sqlite/sign-in",
    ],
    "store/sqlite/history": ["store/contract", "store/rows", "store/sqlite/rows"],
    "store/sqlite/lists": ["store/contract", "store/rows", "store/sqlite/rows"],
    "store/sqlite/migrations": ["store/rows", "store/sqlite/rows"],
    "store/sqlite/rows": ["store/contract", "store/rows"],
    "store/sqlite/sign-in": ["store/contract", "store/rows", "store/sqlite/rows"],
  },
  page: {
    account: ["api", "state", "ui", "ui/list"],
    api: [],
    "api/keys": ["api"],
    "api/lists": ["api"],
    audit: ["api", "keys/shown", "state", "ui", "ui/list"],
    executors: [
      "api",
      "api/lists",
      "executors/timeline",
      "keys",
      "keys/shown",
      "members",
      "state",
      "ui",
      "ui/list",
    ],
    "executors/timeline": ["api", "keys/shown", "state", "ui"],
    keys: ["api", "api/keys", "keys/rotation", "keys/shown", "state", "ui"],
    "keys/key-list": ["api", "api/lists", "keys", "keys/shown", "members", "state", "ui", "ui/list"],
    "keys/key-page": ["api", "api/keys", "keys", "keys/shown", "members", "state", "ui", "ui/list"],
    "keys/rotation": ["api", "api/keys", "keys/shown", "state", "ui"],
    "keys/shown": ["api", "api/keys", "state", "ui"],
    members: ["api", "state", "ui", "ui/list"],
    overview: ["api", "api/lists", "executors", "keys/key-list", "keys/shown", "state", "ui"],
    state: ["api"],
    style: [],
    ui: ["api", "state"],
    "ui/list": ["api/lists", "state", "ui"],
  },
};

type Program = (typeof PROGRAMS)[number];

/** What all programs share, and which of its folders need which. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  "lib/log": [],
  "lib/addresses": ["lib"],
  "lib/text": ["lib"],
  "lib/files": ["lib", "lib/files/mounts", "lib/text"],
  "lib/files/mounts": ["lib", "lib/text"],
  "lib/systemd": ["lib", "lib/log"],
  "lib/command-line": ["lib", "lib/log", "lib/text"],
  "lib/command-line/completion": ["lib/command-line"],
  protocol: ["protocol/nodes"],
  "protocol/chains": ["lib", "protocol/chains/adapters", "protocol/nodes"],
  "protocol/chains/adapters": [],
  "protocol/nodes": [],
};

/** Folders with more than MAX_FILES files, and why they have to be so large. */
const LARGE_FOLDERS: Readonly<Record<string, string>> = {};
const MAX_FILES = 15;

/** What only some may touch, with the reason that a reviewer would give. */
const SINGLE_OWNERS: readonly {
  readonly what: RegExp;
  readonly owners: readonly RegExp[];
  readonly because: string;
}[] = [
  {
    what: /process\.(exitCode|argv)\b|process\.exit\(/,
    owners: [
      /^src\/agent\/main\.ts$/,
      /^src\/control-plane\/main\.ts$/,
      /^src\/lib\/command-line\/shutdown\.ts$/,
    ],
    because: "only main decides how the process ends",
  },
  {
    what: /process\.env\b/,
    owners: [/^src\/agent\/main\.ts$/, /^src\/control-plane\/main\.ts$/],
    because: "the environment is passed down as a value",
  },
  {
    what: /\brevealKey\b/,
    owners: [
      /^src\/agent\/key\/executor-key\.ts$/,
      /^src\/agent\/sync\/sync-client\.ts$/,
      /^src\/agent\/config\/toml\/edit-config\.ts$/,
    ],
    because: "a key leaves its opaque type only for the authorization header and for the file",
  },
  {
    what: /\bfetch\(/,
    // In a browser, where there is no other; what it sends holds no key.
    owners: [/^src\/page\/api\/client\.ts$/],
    because: "fetch puts the key into its errors (use undici's request)",
  },
  {
    what: /^import .*"node:child_process"/m,
    owners: [
      /^src\/(?:agent|lib)\/systemd\//,
      /^src\/agent\/cli\//,
      /^src\/agent\/reconciler\/render\/programs\.ts$/,
      /^src\/lib\/command-line\/pager\.ts$/,
    ],
    because: "a daemon spawns nothing but systemd-notify, and clients to ask for their version",
  },
  {
    what: /\bAbortSignal\.any\(/,
    owners: [/^src\/page\/api\/client\.ts$/, /^src\/agent\/cli\/dev\//],
    because: "it keeps memory on a long-lived signal, for each call (use startDeadline)",
  },
  {
    what: /"better-auth\/crypto"/,
    owners: [/^src\/control-plane\/people\/sign-in\/password-hashing\.ts$/],
    because: "every hash of a password waits in one queue",
  },
  {
    what: /\bremoteAddress\b/,
    owners: [/^src\/control-plane\/http\/client-address\.ts$/],
    because: "an address is parsed, and compared by its value",
  },
  {
    what: /\b(?:writeFileSync|createWriteStream|copyFile|copyFileSync|cp|cpSync|appendFile|appendFileSync)\(/,
    // It writes to a terminal that is open.
    owners: [/^src\/lib\/log\/patient-output\.ts$/],
    because:
      "a file is made exclusively (wx, mkdtemp, writeFileAtomically): these take what somebody planted",
  },
  {
    what: /\bconsole\./,
    owners: [],
    because: "the journal is where the agent speaks, the terminal where a command does",
  },
  {
    what: /^(?:window\.|document\.|(?:export )?(?:const|let) \w+ = createStore[<(])/m,
    owners: [],
    because: "no module of the page starts or keeps anything by being imported: main.tsx creates the state",
  },
  {
    what: /[\w)\]}] as (?:[A-Z]\w*|any|unknown|never|string|number|boolean|\{)/,
    owners: [],
    because: "a type assertion hides what a decoder should prove",
  },
];

const files = sourceFiles();

describe("the direction of dependencies", () => {
  it.each(files.map((file) => [file.path, file] as const))(
    "%s imports only what its folder may",
    (_path, file) => {
      const { program, folder } = file;
      const own = program === undefined ? SHARED[folder] : MAY_IMPORT[program][folder];
      const forbidden = file.imports.map(placeOf).filter((place) => {
        if (place.program !== program) {
          return place.program !== undefined || program === undefined;
        }
        return place.folder !== folder && own !== undefined && !own.includes(place.folder);
      });
      expect(forbidden).toEqual([]);
    },
  );

  it("lists every folder, and nothing that is not needed", () => {
    const needs = new Map<string, Set<string>>();
    for (const { program = "shared", folder, imports } of files) {
      const own = needs.get(`${program} ${folder}`) ?? new Set();
      needs.set(`${program} ${folder}`, own);
      for (const place of imports.map(placeOf)) {
        if ((place.program ?? "shared") === program && place.folder !== folder) {
          own.add(place.folder);
        }
      }
    }
    const listed = Object.entries({ ...MAY_IMPORT, shared: SHARED }).flatMap(([program, folders]) =>
      Object.entries(folders).map(([folder, others]) => [`${program} ${folder}`, [...others].sort()]),
    );
    const found = [...needs]
      .filter(([name]) => !/\.tsx?$/.test(name) || listed.some(([one]) => one === name))
      .map(([name, others]) => [name, [...others].sort()]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(found));
  });

  it("has no circle of folders", () => {
    for (const folders of [...Object.values(MAY_IMPORT), SHARED]) {
      expectNoCircle(new Map(Object.entries(folders)));
    }
  });

  it("keeps node: out of what the browser runs", () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set(files.filter((file) => file.program === "page").map((file) => file.path));
    for (const path of reached) {
      for (const next of byPath.get(path)?.imports ?? []) {
        reached.add(next);
      }
    }
    const found = [...reached].filter((path) =>
      byPath.get(path)?.packages.some((name) => name.startsWith("node:")),
    );
    expect(found).toEqual([]);
  });

  it("has no circle of files", () => {
    expectNoCircle(new Map(files.map((file) => [file.path, file.imports])));
  });
});

function expectNoCircle(graph: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    if (trail.includes(node)) {
      throw new Error(`circle: ${[...trail.slice(trail.indexOf(node)), node].join(" → ")}`);
    }
    if (done.has(node)) {
      return;
    }
    for (const next of graph.get(node) ?? []) {
      visit(next, [...trail, node]);
    }
    done.add(node);
  };
  for (const node of graph.keys()) {
    visit(node, []);
  }
}

describe("single owners", () => {
  it.each(SINGLE_OWNERS)("$what: $because", ({ what, owners }) => {
    const found = files
      .filter((file) => what.test(codeOf(file.text)))
      .map((file) => file.path)
      .filter((path) => !owners.some((owner) => owner.test(path)));
    expect(found).toEqual([]);
  });
});

/** The text without comments and without what strings say; imports keep their module names. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "")
    .replace(/^(?!import|} from).*$/gm, (line) => line.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""'))
    .replace(/^import .* as .*$/gm, "");
}

describe("the size of files", () => {
  it("is one noun each: at most 250 lines", () => {
    const large = files.filter((file) => file.text.split("\n").length > 251).map((file) => file.path);
    expect(large).toEqual([]);
  });
});

describe("the size of folders", () => {
  it(`is at most ${MAX_FILES} files, unless the list says why`, () => {
    const counts = new Map<string, number>();
    for (const path of allFiles()) {
      counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    }
    const large = [...counts].filter(([, count]) => count > MAX_FILES).map(([folder]) => folder);
    expect(large).toEqual(Object.keys(LARGE_FOLDERS));
  });
});
