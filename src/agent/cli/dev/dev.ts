import { setMaxListeners } from "node:events";
import pRetry from "p-retry";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, print, type Terminal } from "../../../lib/command-line/terminal.ts";
import { OperatorError } from "../../../lib/errors.ts";
import { keyIs } from "../../daemon/status/status.ts";
import type { ExecutorKey } from "../../key/executor-key.ts";
import { askAgent } from "../host/agent-socket.ts";
import { findPrograms } from "../host/programs.ts";
import { askControlPlane } from "../key/ask-control-plane.ts";
import { keyTarget } from "../key/key-target.ts";
import { forgetOwnOrganization } from "../key/new-organization.ts";
import { waitForKey } from "../status/wait-for-key.ts";
import { offerBrowser } from "./browser-offer.ts";
import { type Child, startChild } from "./child.ts";
import { ensureConfig, portBefore } from "./dev-config.ts";
import { type DevControlPlane, startControlPlane } from "./dev-control-plane.ts";
import { choosePort, type DevFolder, isFree, openDevFolder } from "./dev-folder.ts";
import { devGuide, setKeyCommand } from "./dev-guide.ts";
import { ensurePage } from "./page-build.ts";

export interface DevOptions {
  readonly directory: string;
  readonly port?: number;
}

const ONLINE_LIMIT_MS = 20_000;
/**
 * How long to wait after Ctrl-C, ms. Ctrl-C reached the whole process group, so the children are
 * stopping already. A second signal would interrupt that.
 */
const CTRL_C_PATIENCE_MS = 1500;

/** Starts a control plane and an agent on this machine, with a key that is ready to be rotated. */
export async function dev(options: DevOptions, terminal: Terminal): Promise<ExitCode> {
  const stop = stopSignal();
  const folder = await openDevFolder(options.directory);
  await assertAlone(folder, stop.signal);
  const children: Child[] = [];
  const failure = new AbortController();
  let reason: string | undefined;
  const guard = (child: Child): Child => {
    children.push(child);
    void child.ended.then((how) => {
      reason ??= how;
      failure.abort();
    });
    return child;
  };
  const signal = AbortSignal.any([stop.signal, failure.signal]);
  setMaxListeners(0, signal);
  try {
    await start(options, folder, guard, terminal, signal);
    await aborted(signal);
  } catch (error) {
    // Errors after Ctrl-C are only its consequences.
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    if (!stop.signal.aborted && reason !== undefined) {
      complain(terminal, `${reason} Stopping both programs.`);
    }
    const patienceMs = stop.signal.aborted && stop.isWholeGroup() ? CTRL_C_PATIENCE_MS : 0;
    await Promise.all(children.map((child) => child.end(patienceMs)));
  }
  return stop.signal.aborted ? ExitCode.good : ExitCode.bad;
}

/** Resolves when the agent is online and the guide is printed, or when `signal` aborts. */
async function start(
  { port: asked }: DevOptions,
  folder: DevFolder,
  guard: (child: Child) => Child,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const programs = findPrograms();
  const hasPage = await ensurePage(terminal);
  if (signal.aborted) {
    return;
  }
  const setKey = setKeyCommand(programs.agent, folder);
  const launch = (port: number) =>
    startControlPlane(programs.controlPlane, { folder, port, setKey }, terminal);
  const controlPlane = await listening(launch, { asked, before: await portBefore(folder) }, guard, signal);
  if (controlPlane === undefined || signal.aborted) {
    return;
  }
  print(terminal, `The control plane listens on ${controlPlane.url}.`);
  const key = await ensureKey(controlPlane, folder, terminal, signal);
  if (signal.aborted) {
    return;
  }
  guard(
    startChild("The agent", programs.agent, ["run", "-c", folder.configPath], {
      env: { ...terminal.environment, ...programs.agent.environment },
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  const answer = await waitForKey(folder.runtimeDir, key.fingerprint, ONLINE_LIMIT_MS, signal);
  if (signal.aborted) {
    return;
  }
  if (answer.kind !== "answered") {
    throw new OperatorError(`the agent does not answer. ${answer.why}`);
  }
  if (!keyIs(answer.status, key.fingerprint)) {
    throw new OperatorError(
      `the agent is not online after ${ONLINE_LIMIT_MS / 1000} s: ${answer.status.reason}`,
    );
  }
  const link = hasPage ? await controlPlane.signInLink() : undefined;
  print(terminal, devGuide(answer.status, { folder, programs, link }, terminal));
  if (hasPage) {
    offerBrowser({ folder: folder.path, link: controlPlane.signInLink }, terminal, signal);
  }
}

/**
 * Starts the control plane and guards it; undefined if it ended or `signal` aborted. If another
 * program takes the port first, this tries another port, unless the person asked for this one.
 */
async function listening(
  launch: (port: number) => DevControlPlane,
  { asked, before }: { readonly asked: number | undefined; readonly before: number | undefined },
  guard: (child: Child) => Child,
  signal: AbortSignal,
): Promise<DevControlPlane | undefined> {
  const attempt = async () => {
    const port = await choosePort(asked, before);
    const controlPlane = launch(port);
    const isReady = await controlPlane.ready(signal);
    if (!isReady && !signal.aborted && asked === undefined && !(await isFree(port))) {
      throw new PortLost(port);
    }
    if (!isReady && !signal.aborted) {
      controlPlane.explain();
    }
    guard(controlPlane.child);
    return isReady ? controlPlane : undefined;
  };
  return await pRetry(attempt, {
    retries: 5,
    minTimeout: 50,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof PortLost,
  });
}

class PortLost extends OperatorError {
  constructor(port: number) {
    super(`other programs take every port that is tried, most recently ${port}. Fix: choose one with --port`);
  }
}

/**
 * Returns the last run's key if the control plane still accepts it. Otherwise issues a new key and
 * writes it to the same place.
 */
async function ensureKey(
  controlPlane: DevControlPlane,
  folder: DevFolder,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExecutorKey> {
  const loaded = await ensureConfig(controlPlane.url, folder, terminal.environment);
  const { environment } = terminal;
  if (loaded.verdict === "usable") {
    const { config, key, keySource, findings, lines, path } = loaded;
    const route = { kind: "file" } as const;
    const question = { config, key, keySource, findings, lines, path, route, isMove: false, environment };
    if ((await askControlPlane(question, signal)).kind === "accepted") {
      return key;
    }
  }
  // A new database has another organization.
  await forgetOwnOrganization(folder.dataDir, controlPlane.url);
  const key = await controlPlane.issueKey("dev");
  await (await keyTarget(loaded, key)).write();
  print(terminal, `Issued ${key} and wrote it to ${folder.configPath}.`);
  return key;
}

async function assertAlone({ runtimeDir, path }: DevFolder, signal: AbortSignal): Promise<void> {
  const answer = await askAgent(runtimeDir, "GET /status", 0, signal);
  if (answer.kind !== "answered") {
    return;
  }
  throw new OperatorError(
    `novacula-agent dev already runs in ${path} (its agent is PID ${answer.status.pid}). Fix: stop it, or use another folder with --directory`,
  );
}

/** Aborts at SIGINT, SIGTERM and SIGHUP: a closed terminal must not leave two processes behind. */
function stopSignal(): { readonly signal: AbortSignal; isWholeGroup(): boolean } {
  let isWholeGroup = true;
  const hangup = new AbortController();
  process.once("SIGTERM", () => {
    isWholeGroup = false;
  });
  process.once("SIGHUP", () => {
    isWholeGroup = false;
    hangup.abort();
  });
  return { signal: AbortSignal.any([shutdownSignal(), hangup.signal]), isWholeGroup: () => isWholeGroup };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}
