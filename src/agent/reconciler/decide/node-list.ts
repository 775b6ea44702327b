import type { NodesReply } from "../../../protocol/nodes/node-exchange.ts";
import { MAX_NODES, type NodeSpec } from "../../../protocol/nodes/node-spec.ts";

/** A node that this host holds. Its name is unique on the host. */
export interface HeldNode {
  readonly spec: NodeSpec;
  /** Whose list ordered it. */
  readonly organizationId: string;
  /** The name of the executor whose list ordered it; undefined: nobody noted it. */
  readonly executor?: string | undefined;
  /** True if the last accepted list does not have it. It goes on, and nothing changes it. */
  readonly isUnlisted: boolean;
  /** True if it was told to stop together with many others: these stop one by one. */
  readonly isSlow: boolean;
  /** What became of the data of a deleted node; null: it is not gone. `kept` reserves the name. */
  readonly end: "deleted" | "kept" | null;
}

/** What this host holds: the last list that was accepted, and what it held before. */
export interface NodeList {
  /** Null: no list was ever accepted. */
  readonly organizationId: string | null;
  readonly changeNumber: number | null;
  /** As which executor this host was answered last, and since when, epoch ms. */
  readonly executor?: { readonly name: string; readonly since: number } | undefined;
  readonly nodes: readonly HeldNode[];
  /** New nodes whose name an earlier node still has. */
  readonly waiting: readonly NodeSpec[];
}

export const NO_NODES: NodeList = { organizationId: null, changeNumber: null, nodes: [], waiting: [] };

/** What a person should know of an answer. `why` is a clause. */
export type ListFinding =
  | { readonly kind: "refused"; readonly why: string; readonly isOlder?: true }
  | { readonly kind: "older-revision"; readonly name: string; readonly held: number; readonly given: number }
  | { readonly kind: "name-in-use"; readonly name: string }
  | { readonly kind: "unlisted"; readonly names: readonly string[] }
  | { readonly kind: "slowed"; readonly names: readonly string[] };

interface Accepted {
  /** `known` itself if nothing changed. */
  readonly list: NodeList;
  readonly findings: readonly ListFinding[];
}

/** An accepted sync: whose control plane answered, and what it said of nodes. */
export interface NodesAnswer {
  readonly organizationId: string;
  /** The executor that this host is for the control plane, and when it answered, epoch ms. */
  readonly executor?: { readonly name: string; readonly at: number };
  readonly reply: NodesReply;
}

/** Held nodes of earlier organizations come on top of those of one list. */
const MOST_HELD = 2 * MAX_NODES;
const FEWEST_OF_MANY = 3;

/**
 * All rules by which an answer may change what this host runs. Absence is no order: a node that is
 * missing from a list goes on and becomes unlisted. Only a whole list counts that is not older than
 * the last one. Revisions only grow. A list of another organization never changes the nodes of an
 * earlier one. `running` are the names of nodes with a process that runs now.
 */
export function acceptList(known: NodeList, answer: NodesAnswer, running: ReadonlySet<string>): Accepted {
  const { reply, organizationId } = answer;
  const refused = refusal(known, answer);
  if (refused !== undefined) {
    return { list: known, findings: [refused] };
  }
  if (reply.list === null) {
    return { list: known, findings: [] };
  }
  const findings: ListFinding[] = [];
  const next = merge(known, reply.list, answer, findings);
  const slowed = manyStops(known, next.nodes, running);
  const nodes = next.nodes.map((node) => ({
    ...node,
    isSlow: !isWantedRunning(node) && (node.isSlow || slowed.has(node.spec.name)),
  }));
  if (slowed.size > 0) {
    findings.push({ kind: "slowed", names: [...slowed] });
  }
  const before = new Set(known.nodes.filter((node) => node.isUnlisted).map(({ spec }) => spec.name));
  const unlisted = nodes.filter(
    (node) => node.isUnlisted && node.end === null && !before.has(node.spec.name),
  );
  if (unlisted.length > 0) {
    findings.push({ kind: "unlisted", names: unlisted.map(({ spec }) => spec.name) });
  }
  const list = { ...known, organizationId, changeNumber: reply.changeNumber, nodes, waiting: next.waiting };
  return { list: isSame(list, known) ? known : list, findings };
}

/** What the host holds once the data of a deleted node is deleted or kept. */
export function endNode(known: NodeList, id: string, end: "deleted" | "kept"): NodeList {
  return {
    ...known,
    nodes: known.nodes.map((node) => (node.spec.id === id ? { ...node, end, isSlow: false } : node)),
  };
}

/** Without an unlisted node that was forgotten, or kept data that was purged. */
export function withoutNode(known: NodeList, name: string): NodeList {
  return { ...known, nodes: known.nodes.filter(({ spec }) => spec.name !== name) };
}

export function isWantedRunning({ spec }: Pick<HeldNode, "spec">): boolean {
  return spec.deletion === null && spec.desiredState === "running";
}

/** Why an answer counts for nothing; undefined: it counts. */
function refusal(known: NodeList, { organizationId, reply }: NodesAnswer): ListFinding | undefined {
  const { changeNumber } = known;
  if (reply.list !== null && reply.list.length !== reply.count) {
    const why = `it has ${reply.list.length} nodes and says that it has ${reply.count}`;
    return { kind: "refused", why };
  }
  if (new Set(reply.list?.map(({ id }) => id)).size !== (reply.list?.length ?? 0)) {
    return { kind: "refused", why: "it has a node twice, and so two orders for it" };
  }
  if (known.organizationId === organizationId && changeNumber !== null && reply.changeNumber < changeNumber) {
    const why = `its number is ${reply.changeNumber}, and the host already has list ${changeNumber}: the control plane may have been restored from an older backup`;
    return { kind: "refused", why, isOlder: true };
  }
  return undefined;
}

interface Merged {
  readonly nodes: readonly HeldNode[];
  readonly waiting: readonly NodeSpec[];
}

function merge(
  known: NodeList,
  specs: readonly NodeSpec[],
  { organizationId, executor: orderer }: NodesAnswer,
  findings: ListFinding[],
): Merged {
  const listed = new Set(specs.map((spec) => spec.id));
  const held = new Map<string, HeldNode>();
  for (const node of known.nodes) {
    const isUnlisted = node.organizationId !== organizationId || !listed.has(node.spec.id);
    // The control plane has heard that its data is deleted, so the name is free again.
    if (!(isUnlisted && node.end === "deleted")) {
      held.set(node.spec.name, { ...node, isUnlisted });
    }
  }
  const waiting: NodeSpec[] = [];
  const ordered = { organizationId, ...(orderer !== undefined && { executor: orderer.name }) };
  for (const spec of specs) {
    const old = held.get(spec.name);
    if (old === undefined && held.size < MOST_HELD) {
      held.set(spec.name, { spec, ...ordered, isUnlisted: false, isSlow: false, end: null });
    } else if (old === undefined || old.spec.id !== spec.id || old.organizationId !== organizationId) {
      waiting.push(spec);
      if (!known.waiting.some(({ id }) => id === spec.id)) {
        findings.push({ kind: "name-in-use", name: spec.name });
      }
    } else if (isOlder(old.spec, spec)) {
      const { name, revision } = spec;
      findings.push({ kind: "older-revision", name, held: old.spec.revision, given: revision });
    } else {
      held.set(spec.name, { ...old, ...ordered, spec });
    }
  }
  return { nodes: [...held.values()], waiting };
}

/** A deletion is final: its data may be gone already. */
function isOlder(held: NodeSpec, given: NodeSpec): boolean {
  return given.revision < held.revision || (held.deletion !== null && given.deletion === null);
}

/**
 * The running nodes that one list tells to stop, if they are at least three and more than a third
 * of those that run.
 */
function manyStops(
  known: NodeList,
  next: readonly HeldNode[],
  running: ReadonlySet<string>,
): ReadonlySet<string> {
  const wanted = new Set(known.nodes.filter(isWantedRunning).map(({ spec }) => spec.name));
  const told = next
    .filter((node) => !isWantedRunning(node) && !node.isUnlisted)
    .map(({ spec }) => spec.name)
    .filter((name) => running.has(name) && wanted.has(name));
  return new Set(told.length >= FEWEST_OF_MANY && told.length * 3 > running.size ? told : []);
}

function isSame(a: NodeList, b: NodeList): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
