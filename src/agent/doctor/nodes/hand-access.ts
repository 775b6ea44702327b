import { ownerText } from "../../../lib/accounts.ts";
import { printable } from "../../../lib/printable.ts";
import { asRoot } from "../../../lib/shell-word.ts";
import { type Remedy, step } from "../../../lib/text/remedy.ts";

/** The user and the groups of a process, as the kernel checks them. */
export interface Rights {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** Whose the socket of the root helper is, and who wants to use it. */
export interface HandAccess {
  readonly path: string;
  /** Undefined: there is none. */
  readonly socket: { readonly mode: number; readonly uid: number; readonly gid: number } | undefined;
  /** Of the process that runs; undefined: none does, or it cannot be seen. */
  readonly running: Rights | undefined;
  /** As its unit would start it now; undefined: its user is missing, or is made for each start. */
  readonly started: Rights | undefined;
  /** The number of the group `novacula-hand` now; undefined: there is none. */
  readonly handGid: number | undefined;
}

/** Why the agent may not use the socket on which the root helper listens. */
export interface HandObstacle {
  readonly detail: string;
  readonly remedy: Remedy;
}

const GROUP = "novacula-hand";
const SOCKET = () => asRoot("systemctl restart novacula-nodes.socket");
const AGAIN = "Create the socket again (running nodes go on):";
const AGENT = () => asRoot("novacula-agent restart");

/** Undefined: it may, by the mode of the socket. Connecting needs the right to write: unix(7). */
export function handObstacle(access: HandAccess): HandObstacle | undefined {
  const { path, socket, running, started, handGid } = access;
  const judged = running ?? started;
  if (socket === undefined || judged === undefined || mayWrite(socket, judged)) {
    return undefined;
  }
  const mode = (socket.mode & 0o7777).toString(8).padStart(4, "0");
  const cannot = `the agent cannot use ${printable(path, 400)} (mode ${mode}, ${ownerText(socket)})`;
  if (started !== undefined && mayWrite(socket, started)) {
    return {
      detail: `${cannot}: its process was started with other groups than its unit gives it now`,
      remedy: [step("Run:", AGENT())],
    };
  }
  if (handGid === undefined) {
    return {
      detail: `${cannot}: this host has no group ${GROUP}`,
      remedy: [step("Run (running nodes go on):", asRoot("systemd-sysusers"), SOCKET(), AGENT())],
    };
  }
  const isMember = (rights: Rights | undefined) => rights?.gids.includes(handGid) ?? false;
  if (started !== undefined && !isMember(started)) {
    return {
      detail: `${cannot}: its unit does not give it the group ${GROUP} (SupplementaryGroups=)`,
      remedy: [
        step(
          `Add SupplementaryGroups=${GROUP} below [Service], or take out the line that takes it back. To see the lines, run:`,
          asRoot("systemctl cat novacula-agent"),
        ),
        step("Then run:", asRoot("systemctl daemon-reload"), AGENT()),
      ],
    };
  }
  const restart = isMember(running) || running === undefined ? [SOCKET()] : [SOCKET(), AGENT()];
  return socket.gid === handGid
    ? {
        detail: `${cannot}: its group ${GROUP} may not write there`,
        remedy: [
          step(AGAIN, ...restart),
          step(
            "If that does not help, see which file sets SocketMode=:",
            asRoot("systemctl cat novacula-nodes.socket"),
          ),
        ],
      }
    : {
        detail: `${cannot}: the socket is not of the group ${GROUP}, whose number is ${handGid} now. The number may have changed since the socket was made`,
        remedy: [step(AGAIN, ...restart)],
      };
}

/** path_resolution(7): only one of the three classes counts. */
function mayWrite(socket: NonNullable<HandAccess["socket"]>, { uid, gids }: Rights): boolean {
  const shift = socket.uid === uid ? 6 : gids.includes(socket.gid) ? 3 : 0;
  return uid === 0 || ((socket.mode >> shift) & 2) !== 0;
}

/** In the text of /proc/PID/status: proc_pid_status(5). Undefined: it is no such text. */
export function rightsIn(text: string): Rights | undefined {
  const numbers = (name: string) =>
    (new RegExp(`^${name}:[\\t ]*([\\d\\t ]*)$`, "mu").exec(text)?.[1] ?? "")
      .split(/\s+/u)
      .filter((word) => word !== "")
      .map(Number);
  // Real, effective, saved, and that of the file system.
  const [, uid] = numbers("Uid");
  const [, gid] = numbers("Gid");
  return uid === undefined || gid === undefined ? undefined : { uid, gids: [gid, ...numbers("Groups")] };
}
