import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { configPath, type Loaded, loadConfig } from "../../config/load-config.ts";
import type { AgentService, OtherAgent } from "../../doctor/check-executor.ts";
import { configArgumentOf, runsAgent } from "../../systemd/agent-arguments.ts";
import { unitProperties } from "../../systemd/systemctl.ts";
import { withKeptName } from "../host/agent-place.ts";
import { userOf } from "../host/user/identity.ts";

/** A process that runs an agent, as proc(5) shows it. */
interface AgentProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

/**
 * The agents on this host but those with a PID in `known`. Only root sees all of them. Agents in
 * containers of their own are left out: their host name and their files are not this host's.
 */
export async function otherAgents(
  known: ReadonlySet<number>,
  judged: Loaded,
): Promise<readonly OtherAgent[]> {
  const depth = await depthOf("self");
  const found: OtherAgent[] = [];
  for (const entry of await readdir("/proc").catch(() => [])) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || known.has(pid)) {
      continue;
    }
    const agent = await agentAt(pid);
    if (agent !== undefined && (await depthOf(entry)) === depth) {
      found.push(await describe(agent, judged));
    }
  }
  return found;
}

/**
 * The PIDs of all processes of this host, each also as its container counts: an agent tells the
 * control plane the number that it knows itself. Undefined: this user may not see all of them.
 */
export async function livingPids(): Promise<ReadonlySet<number> | undefined> {
  if (process.geteuid?.() !== 0) {
    return undefined;
  }
  const entries = (await readdir("/proc").catch(() => [])).filter((entry) => /^\d+$/u.test(entry));
  return new Set((await Promise.all(entries.map(pidsOf))).flat());
}

/**
 * How many PID namespaces a process is in, as seen from here: one more than this process if it is
 * in a container.
 */
async function depthOf(pid: string): Promise<number> {
  return (await pidsOf(pid)).length;
}

/**
 * The number of a process in each PID namespace that it is in, as seen from here, outermost first.
 * proc(5): everybody may read `NSpid`, and only root the links in ns/.
 */
async function pidsOf(pid: string): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return /^NSpid:(.*)$/mu.exec(text)?.[1]?.trim().split(/\s+/u).map(Number) ?? [];
}

async function agentAt(pid: number): Promise<AgentProcess | undefined> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const args = text.split("\0").slice(0, -1);
  return runsAgent(args) ? { pid, args } : undefined;
}

async function describe({ pid, args }: AgentProcess, judged: Loaded): Promise<OtherAgent> {
  const [uid, gid] = await stat(`/proc/${pid}`).then(
    (stats) => [stats.uid, stats.gid] as const,
    () => [0, 0] as const,
  );
  const environment = await environmentOf(pid);
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "/");
  const path = resolve(folder, configPath(configArgumentOf(args, folder), environment));
  return {
    pid,
    user: userOf(uid, gid).name,
    service: await serviceOf(pid),
    configPath: path,
    isOtherExecutor: await isOther(path, environment, judged),
  };
}

async function environmentOf(pid: number): Promise<NodeJS.ProcessEnv> {
  const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return Object.fromEntries(
    text.split("\0").flatMap((entry) => {
      const equals = entry.indexOf("=");
      return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)]] : [];
    }),
  );
}

/** cgroups(7): `0::/system.slice/novacula-agent.service`. */
export async function serviceOf(pid: number): Promise<AgentService | undefined> {
  const text = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
  const name = /^0::.*\/([^/\n]+\.service)$/mu.exec(text)?.[1];
  if (name === undefined) {
    return undefined;
  }
  // What a person starts over SSH may be in the group of ssh.service: that must not be stopped.
  const facts = await unitProperties(name, ["MainPID", "UnitFileState"]).catch(() => undefined);
  return facts?.MainPID === String(pid) ? { name, fileState: facts.UnitFileState } : undefined;
}

/** By the path and by the settings: a file that cannot be read says nothing. */
async function isOther(path: string, environment: NodeJS.ProcessEnv, judged: Loaded): Promise<boolean> {
  const { config: theirs } = await withKeptName(await loadConfig(path, environment));
  const { config: mine } = judged;
  const isSame =
    mine !== undefined &&
    theirs !== undefined &&
    mine.agent.name === theirs.agent.name &&
    mine.controlPlane.url === theirs.controlPlane.url;
  return path !== judged.path && !isSame;
}
