import { MAX_INT, MAX_NODES, NODE_NAME } from "./node-spec.ts";
import {
  NODE_PROBLEMS,
  type ObservedNode,
  type ObservedProcess,
  PRINTABLE_LINE,
  PROCESS_STATUSES,
  WORD,
} from "./observed-node.ts";

/**
 * What `observedNodes` accepts as it is, checked in a tenth of the time: a control plane decodes
 * the figures of each executor's nodes once a minute. It may reject what the schema accepts, and
 * then the schema decides; it accepts nothing else (a test compares the two).
 */
export function areObservedNodes(value: unknown): value is readonly ObservedNode[] {
  return Array.isArray(value) && value.length <= 2 * MAX_NODES && value.every(isNode);
}

const NODE_KEYS = 7;
const PROCESS_KEYS = 13;
const MAX_PROCESSES = 8;
const MAX_TIME_MS = 8.64e15;
const statuses: ReadonlySet<unknown> = new Set(PROCESS_STATUSES);
const problems: ReadonlySet<unknown> = new Set(NODE_PROBLEMS);

type Unknown<Shape> = Readonly<Record<keyof Shape, unknown>>;

function isNode(value: unknown): boolean {
  if (!hasKeys<ObservedNode>(value, NODE_KEYS)) {
    return false;
  }
  const { id, name, revision, processes, diskFreeBytes, isGone, isUnlisted } = value;
  return (
    isText(id, 1, 64) &&
    typeof name === "string" &&
    NODE_NAME.test(name) &&
    (revision === null || isWhole(revision, 1, MAX_INT)) &&
    Array.isArray(processes) &&
    processes.length <= MAX_PROCESSES &&
    processes.every(isProcess) &&
    isAmount(diskFreeBytes) &&
    typeof isGone === "boolean" &&
    typeof isUnlisted === "boolean"
  );
}

function isProcess(value: unknown): boolean {
  if (!hasKeys<ObservedProcess>(value, PROCESS_KEYS)) {
    return false;
  }
  const { role, client, version, status, problem, reason, since, restarts } = value;
  const { height, targetHeight, peers, syncProgress, memoryBytes } = value;
  return (
    isWord(role) &&
    isWord(client) &&
    isWord(version) &&
    statuses.has(status) &&
    (problem === null || problems.has(problem)) &&
    (reason === null || (isText(reason, 0, 300) && PRINTABLE_LINE.test(reason))) &&
    isWhole(since, 0, MAX_TIME_MS) &&
    isWhole(restarts, 0, MAX_INT) &&
    isAmount(height) &&
    isAmount(targetHeight) &&
    isAmount(peers) &&
    (syncProgress === null || (typeof syncProgress === "number" && syncProgress >= 0 && syncProgress <= 1)) &&
    isAmount(memoryBytes)
  );
}

/** As many keys as the shape has. Each of them is then checked, so there is no other. */
function hasKeys<Shape>(value: unknown, count: number): value is Unknown<Shape> {
  return typeof value === "object" && value !== null && Object.keys(value).length === count;
}

function isText(value: unknown, least: number, most: number): value is string {
  return typeof value === "string" && value.length >= least && value.length <= most;
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && WORD.test(value);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isAmount(value: unknown): boolean {
  return value === null || (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER);
}
