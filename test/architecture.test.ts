import { describe, expect, it } from "vitest";
import { sourceFiles } from "./support/source-files.ts";

/** Who may import whom, folder by folder under src. The agent never imports the control plane, nor the reverse. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  protocol: ["lib"],
  key: ["lib", "protocol"],
  journal: ["lib"],
  systemd: ["lib"],
  config: ["lib", "key"],
  sync: ["lib", "protocol", "key"],
  agent: ["lib", "protocol", "key", "journal", "systemd", "config", "sync"],
  doctor: ["lib", "protocol", "key", "journal", "systemd", "config", "sync", "agent"],
  cli: ["lib", "protocol", "key", "journal", "systemd", "config", "sync", "agent", "doctor"],
  "control-plane": ["lib", "protocol"],
  page: ["lib", "protocol"],
  ".": ["lib", "journal", "cli"],
};

/** What only some may touch, with the reason that a reviewer would give. */
const SINGLE_OWNERS: readonly {
  readonly what: RegExp;
  readonly owners: readonly RegExp[];
  readonly because: string;
}[] = [
  {
    what: /process\.(exitCode|argv)\b|process\.exit\(/,
    owners: [/^src\/main\.ts$/, /^src\/control-plane\/main\.ts$/],
    because: "only main decides how the process ends",
  },
  {
    what: /process\.env\b/,
    owners: [/^src\/main\.ts$/, /^src\/control-plane\/main\.ts$/],
    because: "the environment is passed down as a value",
  },
  {
    what: /\brevealKey\b/,
    owners: [
      /^src\/key\/executor-key\.ts$/,
      /^src\/sync\/sync-client\.ts$/,
      /^src\/config\/edit-config\.ts$/,
    ],
    because: "a key leaves its opaque type only for the authorization header and for the file",
  },
  {
    what: /\bfetch\(/,
    // In a browser, where there is no other; what it sends holds no key.
    owners: [/^src\/page\/server\/request\.ts$/],
    because: "fetch puts the key into its errors (use undici's request)",
  },
  {
    what: /^import .*"node:child_process"/m,
    owners: [/^src\/systemd\//, /^src\/cli\//],
    because: "the daemon spawns nothing but systemd-notify",
  },
  {
    what: /"better-auth\/crypto"/,
    owners: [/^src\/control-plane\/people\/password-hashing\.ts$/],
    because: "every hash of a password waits in one queue",
  },
  {
    what: /\bremoteAddress\b/,
    owners: [/^src\/control-plane\/client-address\.ts$/],
    because: "an address is parsed, and compared by its value",
  },
  {
    what: /\b(?:writeFileSync|createWriteStream|copyFile|copyFileSync|cp|cpSync|appendFile|appendFileSync)\(/,
    owners: [],
    because:
      "a file is made exclusively (wx, mkdtemp, writeFileAtomically): these take what somebody planted",
  },
  {
    what: /\bconsole\./,
    owners: [],
    because: "the journal is where the agent speaks, the terminal where a command does",
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
      const allowed = new Set([file.folder, ...(MAY_IMPORT[file.folder] ?? [])]);
      const folders = file.imports.map((path) => path.split("/").slice(1, -1)[0] ?? ".");
      expect(folders.filter((folder) => !allowed.has(folder))).toEqual([]);
    },
  );

  it("knows every folder", () => {
    expect(
      [...new Set(files.map((file) => file.folder))].filter((folder) => !(folder in MAY_IMPORT)),
    ).toEqual([]);
  });

  it("keeps node: out of what the browser runs", () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set(files.filter((file) => file.folder === "page").map((file) => file.path));
    for (const path of reached) for (const next of byPath.get(path)?.imports ?? []) reached.add(next);
    const found = [...reached].filter((path) =>
      byPath.get(path)?.packages.some((name) => name.startsWith("node:")),
    );
    expect(found).toEqual([]);
  });

  it("has no cycles", () => {
    const graph = new Map(files.map((file) => [file.path, file.imports]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path))
        throw new Error(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`);
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
  });
});

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
