import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { startActingExecutor } from "../../../support/control-plane/acting-executor.ts";
import {
  runCommand,
  startControlPlane,
  type TestControlPlane,
} from "../../../support/control-plane/control-plane.ts";
import { observed, running } from "../../../support/control-plane/node-executor.ts";
import { eventually } from "../../../support/eventually.ts";
import { ENVIRONMENT } from "../../../support/program-environment.ts";
import { CONTROL_PLANE } from "../../../support/programs.ts";
import { temporaryDirectory } from "../../../support/temp-dir.ts";

const CREATE = ["--executor", "agent-1", "--chain", "litecoin", "--network", "regtest"];
const TIMEOUT = { timeout: 120_000 };
const AWAY = "the control plane does not answer, as while it restarts. Still waiting: the order stands\n";

/** A control plane that can be restarted, and an executor that carries out its orders. */
async function scene() {
  const folder = temporaryDirectory();
  const controlPlane = await startControlPlane({ directory: folder.path });
  const { secret } = await controlPlane.createKey();
  const running = { controlPlane, executor: await startActingExecutor(controlPlane.url, secret) };
  onTestFinished(async () => {
    await running.executor.stop();
    await running.controlPlane.stop();
    folder.remove();
  });
  return {
    running,
    socket: ["--socket", controlPlane.socketPath],
    async startAgain() {
      const { port } = running.controlPlane;
      running.controlPlane = await startControlPlane({ directory: folder.path, port });
      await running.executor.stop();
      running.executor = await startActingExecutor(running.controlPlane.url, secret);
    },
  };
}

/** A command in a process of its own, which a test can interrupt. */
class Waiting {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(words: readonly string[]) {
    const child = spawn(process.execPath, [CONTROL_PLANE, ...words], {
      env: ENVIRONMENT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
    this.child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  async says(part: string): Promise<void> {
    await eventually(() => this.stderr.includes(part), { describe: `it says ${part}`, timeoutMs: 30_000 });
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) {
      await once(this.child, "close");
    }
    return this.child.exitCode;
  }
}

it("ends with an error if the node fails or time is over", TIMEOUT, async () => {
  const { running: host, socket } = await scene();
  host.executor.state.failing = (spec) =>
    observed(spec, { status: "error", problem: "crash_loop", reason: "It died 3 times" });
  const nodes = (...words: string[]) => runCommand(["nodes", ...words, ...socket]);
  const late = await nodes("create", "--name", "ltc-1", ...CREATE, "--wait", "--timeout", "1");
  expect(late).toMatchObject({ exitCode: 2, stdout: "" });
  expect(late.stderr).toMatch(/not done after 1 s: the order for node ltc-1 stands; it is at: \w+/);
  const failed = await nodes("restart", "ltc-1", "--wait", "--json");
  expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
  expect(failed.stderr).toMatch(/ltc-1: error.* \(It died 3 times\)\n/u);
  expect(failed.stderr).toMatch(/node ltc-1 is in error: It died 3 times/);
});

it("leaves the order at Ctrl-C, and says so", TIMEOUT, async () => {
  const { running: host, socket } = await scene();
  host.executor.state.reportsPerStep = 10_000;
  const waiting = new Waiting(["nodes", "create", "--name", "ltc-1", ...CREATE, "--wait", ...socket]);
  await waiting.says("ltc-1: configuring");
  waiting.child.kill("SIGINT");
  expect(await waiting.ended()).toBe(2);
  expect(waiting.stdout).toBe("");
  expect(waiting.stderr).toMatch(
    /no longer waiting: the order for node ltc-1 stands; it is at: \w+\n.*nodes show/s,
  );
  const shown = await runCommand(["nodes", "show", "ltc-1", "--json", ...socket]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ node: { revision: 1, desiredState: "running" } });
});

it("goes on while the control plane restarts, with what became of each node", TIMEOUT, async () => {
  const { running: host, socket, startAgain } = await scene();
  host.executor.state.reportsPerStep = 10_000;
  const names = ["ltc-1", "ltc-2", "ltc-3"];
  const [runs, fails, goes] = names.map(
    (name, index) =>
      new Waiting([
        ...["nodes", "create", "--name", name, ...CREATE, "--wait", ...socket],
        ...["--port", `node.p2p=${20_001 + 2 * index}`, "--port", `node.rpc=${20_002 + 2 * index}`],
      ]),
  );
  const all = [runs, fails, goes].flatMap((waiting) => waiting ?? []);
  for (const [index, waiting] of all.entries()) {
    await waiting.says(`${names[index]}: configuring`);
  }
  await host.controlPlane.kill();
  for (const [index, waiting] of all.entries()) {
    await waiting.says(`${names[index]}: ${AWAY}`);
  }

  await startAgain();
  host.executor.state.failing = (spec) =>
    spec.name === "ltc-2"
      ? observed(spec, { status: "error", problem: "crash_loop", reason: "It died 3 times" })
      : running(spec);
  const remove = ["nodes", "delete", "ltc-3", "--delete-data", "--confirm", "ltc-3", "--wait", ...socket];
  expect(await runCommand(remove)).toMatchObject({ exitCode: 0 });
  expect(await Promise.all(all.map((waiting) => waiting.ended()))).toEqual([0, 1, 1]);
  expect(runs?.stdout).toMatch(/^Created node ltc-1, .* It is running\.\n$/u);
  expect(runs?.stderr.split(AWAY)).toHaveLength(2);
  expect(fails?.stderr).toContain("node ltc-2 is in error: It died 3 times");
  expect(goes?.stderr).toContain("node ltc-3 was deleted while it was waited for");
});

it("ends in time if the control plane stays away or hangs", TIMEOUT, async () => {
  const { running: host, socket } = await scene();
  host.executor.state.reportsPerStep = 10_000;
  const words = ["nodes", "create", "--name", "ltc-1", ...CREATE, "--wait", "--json", ...socket];
  const waiting = new Waiting(words);
  await waiting.says("ltc-1: configuring");
  stop(host.controlPlane);
  // Until a request has been sent that nobody answers.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  waiting.child.kill("SIGINT");
  // Before the request would give up by itself.
  await eventually(() => waiting.child.exitCode !== null, { describe: "it ends", timeoutMs: 20_000 });
  expect(await waiting.ended()).toBe(2);
  expect(waiting.stderr).toContain("no longer waiting: the order for node ltc-1 stands");
  process.kill(host.controlPlane.pid, "SIGCONT");

  const second = new Waiting(["nodes", "restart", "ltc-1", "--wait", "--timeout", "10", ...socket]);
  await second.says("ltc-1: ");
  await host.controlPlane.kill();
  expect(await second.ended()).toBe(2);
  expect(second.stderr).toMatch(
    /not done after 10 s: the order for node ltc-1 stands; the control plane does not answer\n/u,
  );
});

function stop({ pid }: TestControlPlane): void {
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => {
    try {
      process.kill(pid, "SIGCONT");
    } catch {
      // It has ended.
    }
  });
}
