import { printable } from "../../lib/printable.ts";
import { unitName } from "../../protocol/chains/process-kinds.ts";
import type { NodeAnswer } from "../daemon/nodes-part.ts";
import type { NodeList } from "./decide/node-list.ts";
import type { Hand } from "./host/hand-client.ts";
import { logLines } from "./host/log-lines.ts";

/** The last lines of a process's log, oldest first, at most 1000; by default of the first role. */
export async function readNodeLog(
  { nodes }: NodeList,
  hand: Hand,
  which: { readonly name: string; readonly role: string | undefined; readonly lines: number },
): Promise<NodeAnswer> {
  const { name, role, lines } = which;
  const spec = nodes.find((node) => node.spec.name === name)?.spec;
  if (spec === undefined) {
    return { kind: "refused", why: `This host has no node ${printable(name, 40)}.` };
  }
  const client = spec.clients.find((each) => role === undefined || each.role === role);
  if (client === undefined) {
    const roles = spec.clients.map((each) => each.role).join(", ");
    return { kind: "refused", why: `Node ${name} has no process of that role. Its roles: ${roles}.` };
  }
  const count = Math.min(1000, Math.max(1, Math.trunc(lines) || 1));
  const answer = await hand.ask(`logs ${unitName(spec.chain, client.role, name)} ${count}`);
  return answer.kind === "ok"
    ? { kind: "done", lines: logLines(answer.lines) }
    : { kind: "refused", why: `The root helper did not give the log: ${answer.why}.` };
}
