import { setMaxListeners } from "node:events";
import { systemClock } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, type Output, type Terminal } from "../../../lib/command-line/terminal.ts";
import { untilAborted } from "../../../lib/deadline.ts";
import { errorChain } from "../../../lib/errors.ts";
import { isInPod } from "../../../lib/log/in-pod.ts";
import { formatForStdout } from "../../../lib/log/line-format.ts";
import { patientOutput } from "../../../lib/log/patient-output.ts";
import { adviseForAgent, shellWord } from "../../../lib/shell-word.ts";
import { createNotifier, describeFailure } from "../../../lib/systemd/notifier.ts";
import { remedyText } from "../../../lib/text/remedy.ts";
import { VERSION } from "../../../lib/version.ts";
import { withDefaultName } from "../../config/default-name.ts";
import { hostName } from "../../config/executor-name.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import { configPath, type Loaded, loadConfig } from "../../config/load-config.ts";
import { DEFAULT_DATA_DIR, DEFAULT_PATH, DEFAULT_RUNTIME_DIR } from "../../config/schema/agent-config.ts";
import { type Agent, createAgent } from "../../daemon/agent.ts";
import { openControlSocket } from "../../daemon/control-socket.ts";
import { keptConnectionEntry } from "../../daemon/narration/narrate-agent.ts";
import type { NodesPart } from "../../daemon/nodes-part.ts";
import { recall, rememberedName } from "../../daemon/resources/memory.ts";
import { Conditions } from "../../journal/conditions.ts";
import type { Entry } from "../../journal/entry.ts";
import { createJournal, type Journal } from "../../journal/journal.ts";
import { OriginMarks } from "../../sync/answer/origin-marks.ts";
import { createSyncClient } from "../../sync/sync-client.ts";
import { ownProcess } from "../../systemd/own-process.ts";
import { findFolders } from "../host/agent-place.ts";
import { lockFolder, NoPlaceForLock } from "./agent-lock.ts";
import { becomeOwner } from "./run-as-owner.ts";
import { proxyVariablePlaces } from "./variable-places.ts";

const SYNC_DEADLINE_MS = 10_000;

interface RunOptions {
  readonly config?: string;
  /** Wait for the files to be fixed, as a service does. */
  readonly wait?: boolean;
}

/**
 * Runs the agent until SIGTERM or SIGINT. In the foreground it ends at once (78) if configuration
 * or key cannot work; as a service and in a pod it waits for the files to be fixed.
 */
export async function run(options: RunOptions, terminal: Terminal): Promise<ExitCode> {
  // Without a handler, SIGHUP would kill the process, and systemd would call that a clean exit.
  let reload = () => {};
  process.on("SIGHUP", () => reload());
  const signal = shutdownSignal();
  setMaxListeners(0, signal);

  const { environment } = terminal;
  const path = configPath(options.config, environment);
  const advised = path === DEFAULT_PATH ? undefined : path;
  const isOwn = process.geteuid?.() !== 0 && !isSupervised(terminal);
  // Before the key is read: another user may read less than root, and setuid(2) would wait for a
  // thread that hangs on the key file.
  const own = await findFolders(options, environment);
  adviseForAgent(advised, isOwn);
  await becomeOwner(own, terminal);
  const initial = await untilAborted(loadConfig(path, environment), signal);
  if (initial === undefined) {
    return ExitCode.good;
  }
  if (initial.verdict !== "usable" && options.wait !== true && !isSupervised(terminal)) {
    return refuse(initial, terminal);
  }

  const { output, written } = patientOutput(terminal.stdout);
  const journal = openJournal(initial, output, environment);
  const conditions = new Conditions((entry) => journal.write(entry));
  const folders = foldersOf(initial, environment);
  const { dataDir, runtimeDir } = folders;
  using _onlyOnHost = await lockedDataDir(dataDir, conditions);
  using _onlyOnSocket = await lockFolder(runtimeDir, "runtime_dir");
  const variablePlaces = await proxyVariablePlaces(environment, signal);
  const agent = await composeAgent({
    initial,
    path,
    folders,
    journal,
    conditions,
    environment,
    variablePlaces,
  });
  const socket = await openControlSocket(runtimeDir, agent, (entry) => journal.write(entry));
  reload = () => void agent.reload();
  try {
    await agent.run(signal);
  } finally {
    // Also after a bug: an open socket would keep the process alive.
    socket.close();
    await written();
  }
  return ExitCode.good;
}

/** Uses the configured level and format, otherwise `info` and the format that suits stdout. */
function openJournal({ config }: Loaded, output: Output, environment: NodeJS.ProcessEnv): Journal {
  const logging = config?.logging;
  const format = logging?.format ?? formatForStdout(environment);
  return createJournal(output, { level: logging?.level ?? "info", format }, systemClock.now);
}

interface AgentParts {
  readonly initial: Loaded;
  readonly path: string;
  readonly folders: { readonly dataDir: string; readonly runtimeDir: string };
  readonly journal: Journal;
  readonly conditions: Conditions;
  readonly environment: NodeJS.ProcessEnv;
  readonly variablePlaces: ReadonlyMap<string, string>;
}

/** Gives the agent the real files, network, systemd and clock. */
async function composeAgent(parts: AgentParts): Promise<Agent> {
  const { initial, path, folders, journal, conditions, environment, variablePlaces } = parts;
  const { memory, lost } = await recall(folders.dataDir);
  if (lost !== undefined) {
    journal.write({ event: "state.damaged", message: lost });
  }
  const marks = new OriginMarks(memory.markedOrigins);
  let keptName = rememberedName(memory);
  return createAgent({
    initial: withDefaultName(initial, keptName ?? hostName()),
    async load(known) {
      const loaded = await loadConfig(path, environment, known);
      return loaded === known ? known : withDefaultName(loaded, keptName ?? hostName());
    },
    nameKept(name) {
      keptName = name;
    },
    createClient: (generation) =>
      createSyncClient({
        url: generation.config.controlPlane.url,
        key: generation.key,
        caPem: generation.caPem,
        proxy: generation.config.controlPlane.proxy,
        environment,
        variablePlaces,
        userAgent: `novacula-agent/${VERSION}`,
        deadlineMs: SYNC_DEADLINE_MS,
        marks,
        onKeptConnection: (problem) => journal.write(keptConnectionEntry(generation, problem)),
      }),
    journal,
    conditions,
    configureJournal: ({ level, format }) =>
      journal.configure({ level, format: format ?? formatForStdout(environment) }),
    notifier: createNotifier(environment, (reason) => notified(reason, conditions)),
    clock: systemClock,
    random: Math.random,
    collectGarbage: () => globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" }),
    folders,
    memory,
    marks,
    nodes: await composeNodes(folders.dataDir, journal),
    self: ownProcess(environment),
  });
}

/** Loaded here and not at the top: no other command needs the catalogue of chains. */
async function composeNodes(dataDir: string, journal: Journal): Promise<NodesPart> {
  const { createNodesAgent } = await import("../../reconciler/nodes-agent.ts");
  const say = (entry: Entry) => journal.write(entry);
  return createNodesAgent({ dataDir, clock: systemClock, say, random: Math.random });
}

function notified(failure: string | undefined, conditions: Conditions): void {
  if (failure === undefined) {
    conditions.end("notifications");
    return;
  }
  const message = describeFailure(failure);
  conditions.begin("notifications", { event: "systemd.unreachable", message });
}

/** Undefined if the folder cannot hold a lock: a full disk must not keep an executor offline. */
async function lockedDataDir(dataDir: string, conditions: Conditions): Promise<Disposable | undefined> {
  try {
    return await lockFolder(dataDir, "data_dir");
  } catch (error) {
    if (!(error instanceof NoPlaceForLock)) {
      throw error;
    }
    const message = `The agent goes on, but would not notice a second one on this host: ${errorChain(error)}`;
    conditions.begin("lock", { event: "state.unwritable", message });
    return undefined;
  }
}

/**
 * By systemd, or by Kubernetes. Both would start it again and again, each time later: a Secret may
 * come after its pod. systemd.exec(5) sets INVOCATION_ID for every service; a terminal started by
 * systemd inherits it, and one in a pod has the variables of the pod.
 */
function isSupervised({ environment, stdin }: Terminal): boolean {
  const isStarted = environment["INVOCATION_ID"] !== undefined || isInPod(environment);
  return (isStarted && !stdin.isTTY) || environment["NOTIFY_SOCKET"] !== undefined;
}

/** Fixed until the process ends. If the file is unusable, the unit's folders or the defaults. */
function foldersOf(initial: Loaded, environment: NodeJS.ProcessEnv) {
  return {
    dataDir: initial.config?.agent.dataDir ?? environment["STATE_DIRECTORY"] ?? DEFAULT_DATA_DIR,
    runtimeDir: initial.config?.agent.runtimeDir ?? environment["RUNTIME_DIRECTORY"] ?? DEFAULT_RUNTIME_DIR,
  };
}

function refuse(loaded: Exclude<Loaded, { verdict: "usable" }>, terminal: Terminal): ExitCode {
  if (loaded.verdict === "invalid") {
    for (const issue of loaded.issues) {
      complain(terminal, formatIssue(issue));
    }
  } else {
    for (const finding of loaded.findings) {
      complain(terminal, `${loaded.keySource}: the key ${finding.problem}. ${remedyText(finding.remedy)}`);
    }
  }
  complain(
    terminal,
    `novacula-agent: not started. To check the file again, run: novacula-agent check --config ${shellWord(loaded.path)}`,
  );
  return ExitCode.configuration;
}
