import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../../packaging/paths.ts";
import { INSTALLED_NODES, nodeFiles, PACKAGED_NODES } from "../../../src/agent/systemd/node-files.ts";
import { processKinds } from "../../../src/protocol/chains/process-kinds.ts";
import { lacks } from "../../support/requires.ts";

const PLACES = { PACKAGED_NODES, INSTALLED_NODES };
const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

function textOf(path: string): string {
  return nodeFiles(PACKAGED_NODES).find((file) => file.path === path)?.text ?? "";
}

describe.each(Object.entries(PLACES))("the files of %s", (_name, place) => {
  const files = nodeFiles(place);

  it("are in its two folders, with nothing left to fill in", () => {
    for (const { path, text } of files) {
      expect([place.units, place.programs]).toContain(path.slice(0, path.lastIndexOf("/")));
      expect(text.replaceAll("@system-service", "").replaceAll("@privileged", "")).not.toMatch(/@[A-Z_]+@/u);
    }
  });

  it("name programs of their own folder only", () => {
    const units = files.filter(({ path }) => path.startsWith(place.units)).map(({ text }) => text);
    const programs = units.flatMap((text) =>
      [...text.matchAll(/^Exec\w+=\+?(\S+)/gmu)].map(([, path]) => path),
    );
    expect(programs.length).toBeGreaterThan(processKinds().length);
    const own = files.map(({ path }) => path);
    expect(programs.filter((path) => !own.includes(path ?? ""))).toEqual([]);
  });

  it("have a template for each kind of process, and the hand a list of them", () => {
    const kinds = processKinds().map(({ kind }) => kind);
    const templates = files.map(({ path }) => basename(path)).filter((name) => name.endsWith("@.service"));
    expect(templates).toEqual([...kinds.map((kind) => `${kind}@.service`), "novacula-nodes@.service"]);
    expect(files.find(({ path }) => path.endsWith("/kinds"))?.text).toBe(
      kinds.map((kind) => `${kind}\n`).join(""),
    );
  });
});

describe("the template of a kind", () => {
  it.each(processKinds().map((kind) => [kind.kind, kind] as const))(
    "%s has what its chain needs",
    (_name, kind) => {
      const text = textOf(`${PACKAGED_NODES.units}/${kind.kind}@.service`);
      const lines = text.split("\n");
      expect(lines).toContain(`TimeoutStopSec=${kind.stopTimeoutSecs}s`);
      expect(lines).toContain(`KillSignal=${kind.killSignal}`);
      expect(lines).toContain(`LimitNOFILE=${kind.openFiles}`);
      expect(lines).toContain(`ConditionPathExists=/var/lib/novacula/nodes/%i/${kind.role}.argv`);
      expect(lines.includes("MemoryDenyWriteExecute=yes")).toBe(!kind.compilesAtRunTime);
      expect(lines[0]).toBe("[Unit]");
    },
  );
});

describe("what can be checked without a boot", () => {
  it.skipIf(lacks("shellcheck", hasShellcheck))(
    "shellcheck has nothing to say about any script that root runs",
    () => {
      const scripts = ["node-hand", "node-start", "node-wait"].map((name) => `packaging/nodes/${name}`);
      const maintainer = ["novacula-nodes", "novacula-agent", "novacula-control-plane"].flatMap((name) =>
        ["postinst", "prerm", "postrm"].map((script) => `packaging/debian/${name}/${script}`),
      );
      const paths = [...scripts, ...maintainer].map(inCheckout);
      const { stdout, status } = spawnSync("shellcheck", ["--shell=dash", ...paths], { encoding: "utf8" });
      expect(stdout).toBe("");
      expect(status).toBe(0);
    },
  );

  it.skipIf(lacks("systemd-analyze", hasAnalyze))("a node is exposed to 1.3 at most, the hand to 0.8", () => {
    const folder = mkdtempSync(join(tmpdir(), "novacula-exposure-"));
    try {
      for (const { path, text } of nodeFiles(PACKAGED_NODES).filter(({ path }) =>
        path.endsWith("@.service"),
      )) {
        const file = join(folder, basename(path).replace("@.", "@one."));
        writeFileSync(file, text);
        const threshold = path.includes("novacula-nodes@") ? 8 : 13;
        const args = ["security", "--offline=yes", `--threshold=${threshold}`, "--no-pager", file];
        const { status, stdout } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
        expect(status, stdout).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
