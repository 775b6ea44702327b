import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readPrograms } from "../packaging/command-table.ts";
import { OPERATOR_DOCUMENTS } from "../packaging/debian-packages.ts";
import { GENERATED, withGeneratedParts } from "../packaging/docs.ts";
import { CONFIG_TABLES } from "../src/agent/config/schema/config-schema.ts";
import { EVENTS } from "../src/agent/journal/events.ts";
import type { CommandEntry } from "../src/lib/command-line/command-table.ts";
import { ROOT, sourceFiles } from "./support/source-files.ts";

const DOCUMENTS = filesBelow("", (path) => path.endsWith(".md"));
const CODE = new Set(filesBelow("", (path) => /\.tsx?$/u.test(path)).map((path) => basename(path)));
const DIAGRAM = /^```\n[\s\S]*?^```$/gmu;
const text = (path: string) => readFileSync(join(ROOT, path), "utf8");

describe("the README", () => {
  it("is short enough to be read", () => {
    expect(Buffer.byteLength(text("README.md"))).toBeLessThanOrEqual(7000);
  });
});

describe("generated parts", () => {
  it.each(Object.keys(GENERATED))("%s is as the code has it (npm run docs)", (path) => {
    expect(withGeneratedParts(path, text(path)) === text(path), "run npm run docs").toBe(true);
  });
});

describe("references", () => {
  it.each(DOCUMENTS)("%s links to files and sections that exist", (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it.each(DOCUMENTS)("%s names only files that are in the repository", (path) => {
    const prose = text(path).replaceAll(DIAGRAM, "");
    const named = [...prose.matchAll(/(?<![\w/])(?:src|test|docs|packaging|systemd)\/[\w./-]*[\w/]/gu)];
    const missing = named.map(([name]) => name).filter((name) => !existsSync(join(ROOT, name)));
    expect(missing).toEqual([]);
  });

  it("the walks in docs/architecture.md name files that are there", () => {
    const diagrams = [...text("docs/architecture.md").matchAll(DIAGRAM)].join("\n");
    const named = [...diagrams.matchAll(/[\w-]+(?:\/[\w-]+)+\.tsx?/gu)].map(([name]) => name);
    const folders = ["src", "src/agent", "src/control-plane", "src/agent/daemon", "src/page"];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !folders.some((folder) => existsSync(join(ROOT, folder, name))))).toEqual(
      [],
    );
  });

  // docs/style.md has examples of bad names.
  it.each(DOCUMENTS.filter((path) => path !== "docs/style.md"))(
    "%s names no file of code that is not there, also without its folder",
    (path) => {
      const named = [...text(path).matchAll(/(?<![\w*./-])[\w-]+(?:\.test)?\.tsx?\b/gu)].map(
        ([name]) => name,
      );
      expect(named.filter((name) => !CODE.has(name))).toEqual([]);
    },
  );

  it("code cites only documents that are in the repository", () => {
    const code = filesBelow("", (path) => /\.(?:ts|tsx|service|toml)$/u.test(path));
    const cited = code.flatMap((path) =>
      [...text(path).matchAll(/(?<![\w*.])(?:[\w-]+\/)*[\w-]+\.md\b/gu)].map(([name]) => ({
        path,
        name: name.replace(/^usr\/share\/doc\/novacula-[a-z-]+\//u, "docs/"),
      })),
    );
    expect(cited.filter(({ name }) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  it("documents that the packages ship link only to each other", () => {
    const outside = OPERATOR_DOCUMENTS.flatMap((path) =>
      linksOf(path).map(({ file }) => ({ path, target: targetOf(path, file) })),
    ).filter(({ target }) => !OPERATOR_DOCUMENTS.some((shipped) => shipped === target));
    expect(outside).toEqual([]);
  });
});

describe("commands in documents", () => {
  const programs = readPrograms();
  const lines = DOCUMENTS.flatMap((path) => shellLines(text(path)).map((line) => ({ path, line })));

  it("are there to be checked", () => {
    expect(lines.length).toBeGreaterThan(40);
  });

  it.each([
    ["novacula-agent", programs.agent],
    ["novacula-control-plane", programs.controlPlane],
  ] as const)("of %s exist, with their options", (name, program) => {
    const found = lines.flatMap(({ path, line }) =>
      commandsOf(line, name).map((words) => ({ path, line, problem: commandProblem(program, words) })),
    );
    expect(found.length).toBeGreaterThan(5);
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  it("use sudo for the management socket, which only root and the service's user may open", () => {
    const without = lines.filter(
      ({ line }) => /(?<!sudo |\/)\bnovacula-control-plane (?!serve)\w/u.test(line) && !line.includes(".deb"),
    );
    expect(without).toEqual([]);
  });

  it("of npm exist", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(text("package.json"));
    const named = DOCUMENTS.flatMap((path) =>
      [...text(path).matchAll(/npm run ([\w:]+)/gu)].map(([, name = ""]) => name),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it("run programs of the checkout with its own Node.js", () => {
    const bare = lines.filter(({ line }) => /(?:^|[&|;] *)node /u.test(line));
    expect(bare).toEqual([]);
  });
});

describe("settings in documents", () => {
  const settings = Object.entries(CONFIG_TABLES).flatMap(([table, schema]) =>
    Object.keys(schema.shape).map((name) => `${table}.${name}`),
  );

  it("are all described, in the order of the schema", () => {
    const described = [...text("docs/configuration.md").matchAll(/^\| `(\w+\.\w+)` \|/gmu)];
    expect(described.map(([, name]) => name)).toEqual(settings);
  });

  it.each(DOCUMENTS.filter((path) => path !== "CHANGELOG.md"))(
    "%s names only settings that exist",
    (path) => {
      const named = [
        ...text(path).matchAll(/`((?:agent|control_plane|logging|reconciler|reporter)\.\w+)`/gu),
      ];
      const events = new Set<string>(Object.keys(EVENTS));
      const files = ["agent.toml", "agent.lock", "agent.sock"];
      const unknown = named
        .map(([, name = ""]) => name)
        .filter((name) => !settings.includes(name) && !events.has(name) && !files.includes(name));
      expect(unknown).toEqual([]);
    },
  );

  it.each(DOCUMENTS)("%s writes them with dots", (path) => {
    expect(text(path)).not.toMatch(/\[(?:agent|control_plane|logging)\][. ]/u);
  });
});

describe("the dependencies in docs/architecture.md", () => {
  it("are those of package.json, each with a reason", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text("package.json"));
    const [, section = ""] = text("docs/architecture.md").split("## Why these dependencies");
    const rows = [...section.matchAll(/^\| (`.+`) \| (.+) \|$/gmu)].filter(([, , why]) => why !== "");
    const named = rows.flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/gu)].map(([, name]) => name));
    const declared = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(named.toSorted()).toEqual(declared.toSorted());
  });
});

describe("the journal's events", () => {
  it("are all written by somebody", () => {
    const code = sourceFiles()
      .filter(({ path }) => !/^src\/agent\/journal\/(?:[a-z]+-)?events\.ts$/u.test(path))
      .map((file) => file.text)
      .join("\n");
    const names = Object.keys(EVENTS);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
  });
});

/** Of the repository, from its root; without what is installed or built. */
function filesBelow(folder: string, isWanted: (path: string) => boolean): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return [".git", "node_modules", "dist"].includes(entry.name) ? [] : filesBelow(path, isWanted);
    }
    return entry.isFile() && isWanted(path) ? [path] : [];
  });
}

function linksOf(path: string): readonly { readonly file: string; readonly anchor: string }[] {
  return [...text(path).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/gu)].map(
    ([, file = "", anchor = ""]) => ({ file, anchor }),
  );
}

/** Without a file, a link leads to a heading of the same document. */
function targetOf(path: string, file: string): string {
  return file === "" ? path : relative(ROOT, resolve(ROOT, dirname(path), file));
}

function brokenLinks(path: string): readonly string[] {
  return linksOf(path).flatMap(({ file, anchor }) => {
    const target = targetOf(path, file);
    const isInside = !target.startsWith("..") && existsSync(join(ROOT, target));
    const isWhole = isInside && (anchor === "" || anchorsOf(target).includes(anchor));
    return isWhole ? [] : [`${file}#${anchor}`];
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): readonly string[] {
  return [...text(path).matchAll(/^#+ (.+)$/gmu)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function shellLines(document: string): readonly string[] {
  return [...document.matchAll(/```sh\n([\s\S]*?)```/gu)].flatMap(([, block = ""]) =>
    block.split("\n").map((line) => line.replace(/ +# .*$/u, "")),
  );
}

/** The words behind each call of the program in a line of shell. */
function commandsOf(line: string, program: string): readonly (readonly string[])[] {
  return (
    line
      .split(/[|;&]+/u)
      .map((part) => part.trim().split(/\s+/u))
      .filter((words) => words.some((word) => word === program || word === `./${program}`))
      .filter((words) => !words.includes("systemctl") && !words.includes("journalctl"))
      .filter((words) => !words.includes("apt") && !words.includes("install"))
      // There, it is a role of the database.
      .filter((words) => !words.includes("createdb"))
      .map((words) => words.slice(words.findIndex((word) => word.endsWith(program)) + 1))
  );
}

function commandProblem(program: CommandEntry, words: readonly string[]): string | undefined {
  let command = program;
  for (const word of words) {
    command = command.commands.find(({ path }) => path.at(-1) === word) ?? command;
  }
  if (command === program && words.some((word) => !word.startsWith("-"))) {
    return "no such command";
  }
  const known = [...program.options, ...command.options].flatMap(({ names }) => names);
  const unknown = words.filter((word) => /^--?\w/u.test(word) && !known.includes(word.split("=")[0] ?? ""));
  return unknown.length === 0 ? undefined : `unknown: ${unknown.join(" ")}`;
}
