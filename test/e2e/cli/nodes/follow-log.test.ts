import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import type { NodeStatus, NodesStatus } from "../../../../src/agent/daemon/status/nodes-status.ts";
import { home } from "../../../support/agent/cli-scene.ts";
import { makeKey } from "../../../support/keys.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { AGENT } from "../../../support/programs.ts";

/** The real command; the agent's answer and journalctl are of the test. A booted test has both. */

const PROCESS = {
  status: "running",
  problem: null,
  reason: null,
  since: "2026-01-01T00:00:00.000Z",
  restarts: 0,
  height: null,
  targetHeight: null,
  peers: null,
  syncProgress: null,
  memoryBytes: null,
} as const;
const NODE: NodeStatus = {
  name: "eth-1",
  id: "1",
  chain: "ethereum",
  network: "hoodi",
  desiredState: "running",
  revision: 1,
  runningRevision: 1,
  isUnlisted: false,
  isKept: false,
  waitsForName: false,
  processes: [
    { ...PROCESS, role: "el", unit: "ethereum-el@eth-1.service", client: "geth", version: "1" },
    { ...PROCESS, role: "cl", unit: "ethereum-cl@eth-1.service", client: "lodestar", version: "1" },
  ],
};
const NODES: NodesStatus = {
  obstacle: null,
  isObserveOnly: false,
  changeNumber: 1,
  diskFreeBytes: null,
  nodes: [NODE],
  unknownUnits: [],
  conditions: [],
};

/** Runs `nodes logs` with a `journalctl` that is this shell script. */
async function logs(script: string, ...words: readonly string[]) {
  const place = home();
  onTestFinished(() => place[Symbol.dispose]());
  place.write({ url: "http://127.0.0.1:9", key: makeKey() });
  mkdirSync(place.runtimeDir, { recursive: true });
  const bin = join(place.folder, "bin");
  mkdirSync(bin);
  const asked = join(place.folder, "asked");
  writeFileSync(join(bin, "journalctl"), `#!/bin/sh\necho "$*" >${asked}\n${script}\n`);
  chmodSync(join(bin, "journalctl"), 0o755);
  const server = createServer((_request, response) => response.end(JSON.stringify(NODES)));
  server.listen(join(place.runtimeDir, "agent.sock"));
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const child = spawn(process.execPath, [AGENT, "nodes", "logs", ...words, "-c", place.configPath], {
    env: { ...ENVIRONMENT, PATH: `${bin}:${ENVIRONMENT.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const stderr = text(child.stderr);
  const closed = once(child, "close");
  return {
    child,
    lines,
    nextLine: () => once(output, "line"),
    ended: async () => {
      await closed;
      return {
        code: child.exitCode,
        stderr: await stderr,
        asked: existsSync(asked) ? readFileSync(asked, "utf8") : "",
      };
    },
  };
}

const LINE = '{"__REALTIME_TIMESTAMP":"1764331200000000","MESSAGE":"block \\\\u001b[31m7"}';

it.each(["SIGINT", "SIGTERM"] as const)(
  "prints each line as it comes, and %s ends it and journalctl",
  async (signal) => {
    const run = await logs(`printf '${LINE}\\n'; exec sleep 1000`, "eth-1", "cl", "-f", "-n", "7");
    await run.nextLine();
    expect(run.lines).toEqual(["2025-11-28T12:00:00.000Z block [31m7"]);
    run.child.kill(signal);
    const { code, stderr, asked } = await run.ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(asked).toMatch(/ --follow --lines=7 --unit=ethereum-cl@eth-1\.service$/mu);
  },
);

it("says what journalctl says, and that it ended", async () => {
  const { code, stderr } = await (await logs("echo No permission >&2; exit 3", "eth-1", "--follow")).ended();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^No permission\n.*journalctl ended by itself \(exit status 3\)/su);
});

it("names the roles of the node if there is none of that name", async () => {
  const run = await logs("exit 0", "eth-1", "node", "-f");
  const { code, stderr } = await run.ended();
  expect(code).toBe(1);
  expect(stderr).toContain("Node eth-1 has no process of that role. Its roles: el, cl.");
  expect(run.lines).toEqual([]);
});
