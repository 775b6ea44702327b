import { setMaxListeners } from "node:events";
import { systemClock } from "../../../lib/clock.ts";
import { ExitCode } from "../../../lib/command-line/exit-codes.ts";
import { shutdownSignal } from "../../../lib/command-line/shutdown.ts";
import { complain, type Terminal } from "../../../lib/command-line/terminal.ts";
import { untilAborted } from "../../../lib/deadline.ts";
import { errorChain } from "../../../lib/errors.ts";
import { VERSION } from "../../../lib/version.ts";
import { formatIssue } from "../../config/issue/config-issue.ts";
import { configPath, type Loaded, loadConfig } from "../../config/load-config.ts";
import { DEFAULT_DATA_DIR, DEFAULT_RUNTIME_DIR } from "../../config/schema/agent-config.ts";
import { createAgent } from "../../daemon/agent.ts";
import { openControlSocket } from "../../daemon/control-socket.ts";
import { readMemory } from "../../daemon/resources/memory.ts";
import { formatForStdout } from "../../journal/format.ts";
import { createJournal, type Journal } from "../../journal/journal.ts";
import { createSyncClient } from "../../sync/sync-client.ts";
import { createNotifier } from "../../systemd/notifier.ts";
import { findFolders } from "../host/agent-place.ts";
import { lockFolder, NoPlaceForLock } from "./agent-lock.ts";
import { becomeOwner } from "./run-as-owner.ts";

const SYNC_DEADLINE_MS = 10_000;

/** Composes the agent and runs it until SIGTERM or SIGINT. In the foreground a configuration or key that cannot work ends it at once (78); under systemd that is a state that waits for the file. */
export async function run(options: { readonly config?: string }, terminal: Terminal): Promise<ExitCode> {
  // SIGHUP before there is a handler would kill the process, and systemd would call that a clean exit.
  let reload = () => {};
  process.on("SIGHUP", () => reload());
  const signal = shutdownSignal();
  setMaxListeners(0, signal);

  const { environment } = terminal;
  const path = configPath(options.config, environment);
  // Before the key is read: another user may read less than root, and setuid(2) waits for a thread
  // that hangs at it.
  await becomeOwner(await findFolders(options, environment), terminal);
  const initial = await untilAborted(loadConfig(path, environment), signal);
  if (initial === undefined) {
    return ExitCode.good;
  }
  if (initial.verdict !== "usable" && !isService(terminal)) {
    return refuse(initial, terminal);
  }

  const logging = initial.config?.logging;
  const format = formatForStdout(environment["JOURNAL_STREAM"]);
  const journal = createJournal(
    terminal.stdout,
    { level: logging?.level ?? "info", format: logging?.format ?? format },
    systemClock.now,
  );
  const { dataDir, runtimeDir } = folders(initial, environment);
  using _onlyOnHost = await lockedDataDir(dataDir, journal);
  using _onlyOnSocket = await lockFolder(runtimeDir, "runtime_dir");
  const agent = createAgent({
    initial,
    load: (known) => loadConfig(path, environment, known),
    createClient: ({ config, key, caPem }) =>
      createSyncClient({
        url: config.controlPlane.url,
        key,
        caPem,
        proxy: config.controlPlane.proxy,
        environment,
        userAgent: `novacula-agent/${VERSION}`,
        deadlineMs: SYNC_DEADLINE_MS,
      }),
    journal,
    configureJournal: (changed) =>
      journal.configure({ level: changed.level, format: changed.format ?? format }),
    notifier: createNotifier(environment, (reason) =>
      journal.write({ event: "systemd.unreachable", message: `A notification to systemd failed: ${reason}` }),
    ),
    clock: systemClock,
    random: Math.random,
    collectGarbage: () => globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" }),
    folders: { dataDir, runtimeDir },
    memory: await readMemory(dataDir),
  });
  const socket = await openControlSocket(runtimeDir, agent);
  reload = () => void agent.reload();
  try {
    await agent.run(signal);
  } finally {
    // Also after a bug: an open socket would keep a process without a loop alive.
    socket.close();
  }
  return ExitCode.good;
}

/** A disk that takes nothing, or a folder that is not there, keeps no executor offline. */
async function lockedDataDir(dataDir: string, journal: Journal): Promise<Disposable | undefined> {
  try {
    return await lockFolder(dataDir, "data_dir");
  } catch (error) {
    if (!(error instanceof NoPlaceForLock)) {
      throw error;
    }
    const message = `${errorChain(error)}. The agent goes on; a second one on this host would not be noticed.`;
    journal.write({ event: "state.unwritable", message });
    return undefined;
  }
}

/** systemd.exec(5) sets INVOCATION_ID for every service; a terminal that systemd started for a user inherits it too. */
function isService({ environment, stdin }: Terminal): boolean {
  const isInvoked = environment["INVOCATION_ID"] !== undefined && !stdin.isTTY;
  return isInvoked || environment["NOTIFY_SOCKET"] !== undefined;
}

/** Fixed for the life of the process. A file that cannot be read yet leaves what systemd made for the unit, or the defaults. */
function folders(initial: Loaded, environment: NodeJS.ProcessEnv) {
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
      complain(terminal, `${loaded.keySource}: the key ${finding.problem}. ${finding.remedy}`);
    }
  }
  complain(
    terminal,
    `novacula-agent: not started. Try the file with: novacula-agent check --config ${loaded.path}`,
  );
  return ExitCode.configuration;
}
