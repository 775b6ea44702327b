import { readFile, stat } from "node:fs/promises";
import { readAccounts } from "../../../lib/accounts.ts";
import { errorCode } from "../../../lib/errors.ts";
import { isAnswered } from "../../../lib/unix-socket.ts";
import { processKinds } from "../../../protocol/chains/process-kinds.ts";
import type { Loaded } from "../../config/load-config.ts";
import { nodesStatusSchema } from "../../daemon/status/nodes-status.ts";
import type { NodeFacts } from "../../doctor/check-nodes.ts";
import { type HandAccess, handObstacle, rightsIn } from "../../doctor/nodes/hand-access.ts";
import { leftNodes } from "../../reconciler/decide/left-nodes.ts";
import { mountsAt } from "../../reconciler/host/host-facts.ts";
import { readNodes } from "../../reconciler/host/node-memory.ts";
import { HOST_PLACES, NODE_DATA } from "../../reconciler/host/places.ts";
import type { ServiceFacts } from "../../systemd/service/service-facts.ts";
import { showUnits } from "../../systemd/show-units.ts";
import type { AgentFolders } from "../host/agent-place.ts";
import { askAgentFor } from "../host/agent-socket.ts";
import { unitUser } from "../host/user/identity.ts";

/** Where packages and `novacula-agent install` put the templates. */
const FOLDERS = ["/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system"];

/** Looks at what nodes need of this host. */
export async function nodeFacts(
  { runtimeDir, dataDir }: Pick<AgentFolders, "runtimeDir" | "dataDir">,
  loaded: Loaded,
  service: ServiceFacts | undefined,
  signal: AbortSignal,
): Promise<NodeFacts> {
  const answer = await askAgentFor(nodesStatusSchema, runtimeDir, "GET /nodes", 0, signal);
  const hand = await handState();
  const status = answer.kind === "answered" ? answer.value : undefined;
  return {
    status,
    left: await leftOnDisk(dataDir, loaded),
    hand,
    handObstacle: service && handObstacle(await handAccess(service)),
    hiddenDisks: await mountsAt(NODE_DATA),
    oddTemplates: hand === "missing" ? [] : await oddTemplates(),
  };
}

/** What is on disk for another executor than the one that the files name. */
async function leftOnDisk(dataDir: string, loaded: Loaded): Promise<NodeFacts["left"]> {
  if (loaded.verdict === "invalid") {
    return undefined;
  }
  const { name } = loaded.config.agent;
  const { list } = await readNodes(dataDir);
  const left = leftNodes({ ...list, executor: { name, since: 0 } });
  const line = loaded.lines.get("agent.name");
  const place = line === undefined ? undefined : { path: loaded.path, line };
  return left && { names: left.names, earlier: left.earlier, now: name, place };
}

async function handState(): Promise<NodeFacts["hand"]> {
  try {
    return (await isAnswered(HOST_PLACES.handSocket)) ? "answers" : "missing";
  } catch (error) {
    return ["EACCES", "EPERM"].includes(errorCode(error) ?? "") ? "denied" : "missing";
  }
}

/** By the groups of the process that runs: those of its unit may be newer. */
async function handAccess(service: ServiceFacts): Promise<HandAccess> {
  const path = HOST_PLACES.handSocket;
  const socket = await stat(path).catch(() => undefined);
  const { MainPID } = service;
  const text = MainPID === 0 ? "" : await readFile(`/proc/${MainPID}/status`, "utf8").catch(() => "");
  const handGid = readAccounts().groups.find(({ name }) => name === "novacula-hand")?.gid;
  return { path, socket, running: rightsIn(text), started: unitUser(service), handGid };
}

async function oddTemplates(): Promise<readonly string[]> {
  const kinds = processKinds().map(({ kind }) => kind);
  // An instance that nobody has: systemd answers for its template.
  const instances = new Map(kinds.map((kind) => [`${kind}@doctor.service`, `${kind}@.service`]));
  const shown = await showUnits([...instances.keys()], ["FragmentPath", "DropInPaths"]);
  return [...instances].flatMap(([instance, template]) => {
    const values = shown?.get(instance);
    const isInstalled = FOLDERS.some((folder) => values?.get("FragmentPath") === `${folder}/${template}`);
    // Drop-ins for all services are the host's own.
    const isChanged = values?.get("DropInPaths")?.includes(`/${template}.d/`) ?? false;
    return shown === undefined || (isInstalled && !isChanged) ? [] : [template];
  });
}
