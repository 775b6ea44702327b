import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type HandAccess, handObstacle, rightsIn } from "../../../../src/agent/doctor/nodes/hand-access.ts";
import { remedyText } from "../../../../src/lib/text/remedy.ts";

const HAND = 980_102;
const OLD = 980_996;
const agent = { uid: 980_101, gids: [980_101, HAND] };
const socket = { mode: 0o140_660, uid: 0, gid: HAND };
const usual: HandAccess = {
  path: "/run/novacula-nodes.sock",
  socket,
  running: agent,
  started: agent,
  handGid: HAND,
};

const obstacle = (changes: Partial<HandAccess>) => {
  const found = handObstacle({ ...usual, ...changes });
  return found && `${found.detail} | ${remedyText(found.remedy)}`;
};

describe("the socket of the root helper", () => {
  it.each<[string, Partial<HandAccess>]>([
    ["that is of the agent's group", {}],
    ["that is not there", { socket: undefined }],
    ["that everybody may use", { socket: { ...socket, gid: OLD, mode: 0o666 } }],
    ["of an agent that is root", { socket: { ...socket, gid: OLD }, running: { uid: 0, gids: [0] } }],
    ["that is the agent's own", { socket: { mode: 0o600, uid: agent.uid, gid: 0 } }],
    [
      "of an agent that nobody knows",
      { socket: { ...socket, gid: OLD }, running: undefined, started: undefined },
    ],
    ["of an agent that does not run", { running: undefined }],
  ])("%s is no obstacle", (_what, changes) => {
    expect(obstacle(changes)).toBeUndefined();
  });

  it.each<[string, Partial<HandAccess>, says: RegExp, run: readonly string[]]>([
    [
      "whose group has another number now",
      { socket: { ...socket, gid: OLD } },
      /^the agent cannot use \/run\/novacula-nodes\.sock \(mode 0660, owner root, group 980996\): the socket is not of the group novacula-hand, whose number is 980102 now/u,
      ["systemctl restart novacula-nodes.socket"],
    ],
    [
      "whose group has another number, and the agent has the old one too",
      { socket: { ...socket, gid: 980_995 }, running: { ...agent, gids: [agent.uid, OLD] } },
      /is not of the group novacula-hand/u,
      ["systemctl restart novacula-nodes.socket", "novacula-agent restart"],
    ],
    [
      "of an agent that started before it had the group",
      { running: { ...agent, gids: [agent.uid] } },
      /its process was started with other groups than its unit gives it now/u,
      ["novacula-agent restart"],
    ],
    [
      "of an agent whose unit does not give it the group",
      { running: undefined, started: { ...agent, gids: [agent.uid] } },
      /its unit does not give it the group novacula-hand \(SupplementaryGroups=\)/u,
      ["systemctl cat novacula-agent", "systemctl daemon-reload", "novacula-agent restart"],
    ],
    [
      "of a group that is gone",
      { socket: { ...socket, gid: OLD }, handGid: undefined },
      /this host has no group novacula-hand/u,
      ["systemd-sysusers", "systemctl restart novacula-nodes.socket", "novacula-agent restart"],
    ],
    [
      "whose mode keeps its group out",
      { socket: { ...socket, mode: 0o600 } },
      /\(mode 0600, owner root, group 980102\): its group novacula-hand may not write there/u,
      ["systemctl restart novacula-nodes.socket", "systemctl cat novacula-nodes.socket"],
    ],
    [
      "that the agent may only read",
      { socket: { ...socket, mode: 0o640 } },
      /may not write there/u,
      ["systemctl restart novacula-nodes.socket", "systemctl cat novacula-nodes.socket"],
    ],
  ])("%s is one", (_what, changes, says, run) => {
    const found = handObstacle({ ...usual, ...changes });
    expect(found?.detail).toMatch(says);
    const commands = typeof found?.remedy === "string" ? [] : found?.remedy.map((each) => each.run);
    expect(commands?.join(" && ").split(/ && |\n/u)).toEqual(run);
    const isSocket = run.some((each) => each.includes("restart novacula-nodes.socket"));
    expect(remedyText(found?.remedy ?? []).includes("(running nodes go on)")).toBe(isSocket);
  });
});

describe("the rights of a process", () => {
  it("are those that the kernel checks", () => {
    const text = "Name:\tnode\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t9 10 \nNStgid:\t1\n";
    expect(rightsIn(text)).toEqual({ uid: 2, gids: [6, 9, 10] });
    expect(rightsIn(text.replace("9 10 ", ""))).toEqual({ uid: 2, gids: [6] });
    expect(rightsIn("")).toBeUndefined();
  });

  it("are so in what this kernel writes", () => {
    const own = rightsIn(readFileSync("/proc/self/status", "utf8"));
    expect(own?.uid).toBe(process.geteuid?.());
    expect(own?.gids[0]).toBe(process.getegid?.());
    expect(new Set(own?.gids)).toEqual(new Set([process.getegid?.(), ...(process.getgroups?.() ?? [])]));
  });
});
