import { printable } from "./printable.ts";

/** The name of the pod in which this program runs; undefined: it runs on a host. */
let pod: string | undefined;

/** From now on, remedies are for a pod. `name` is its host name, which is that of the pod. */
export function adviseInPod(name: string | undefined): void {
  pod = name;
}

/** What fits the place: on a host, root runs commands; in a pod, Kubernetes gives what it has. */
export function inPlace<Advice>(advice: { readonly host: Advice; readonly pod: Advice }): Advice {
  return pod === undefined ? advice.host : advice.pod;
}

/** The same command for a pod, which has no systemd and no sudo. Undefined on a host. */
function commandForPod(command: string): string | undefined {
  if (pod === undefined) {
    return undefined;
  }
  if (/^(?:novacula-agent|systemctl) (?:re)?start\b/u.test(command)) {
    return `kubectl delete pod ${pod}`;
  }
  if (/^journalctl -u novacula-(?:agent|control-plane)\b/u.test(command)) {
    return `kubectl logs ${pod}`;
  }
  const isOwn = /^novacula-(?:agent|control-plane) /u.test(command);
  return isOwn ? `kubectl exec ${pod} -- ${command}` : command;
}

/** Quotes any text as one printable word of a POSIX shell, for people to copy. */
export function shellWord(text: string): string {
  const word = printable(text, 4096);
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Whether root itself reads along, who needs no sudo and may have none. */
let isRootShell = process.geteuid?.() === 0;

/**
 * From now on, remedies are for the person who runs this program. After sudo that is not root,
 * although the program is; of a service, others read the journal.
 */
export function adviseFor(environment: Readonly<Record<string, string | undefined>>): void {
  const { SUDO_UID, INVOCATION_ID } = environment;
  isRootShell = process.geteuid?.() === 0 && SUDO_UID === undefined && INVOCATION_ID === undefined;
}

/** A command that only root may run, as the user of this program has to type it. */
export function asRoot(command: string): string {
  return commandForPod(command) ?? (isRootShell ? command : `sudo ${command}`);
}

/** A command that the owner `uid` of a file may run, and root. */
export function asOwner(uid: number, command: string): string {
  const isOwn = uid !== 0 && uid === process.geteuid?.();
  return isOwn ? (commandForPod(command) ?? command) : asRoot(command);
}

/** The same for a line that others read: they are not the user of this program. */
export function withSudo(command: string): string {
  return commandForPod(command) ?? `sudo ${command}`;
}

/** Commands of such a line, as the user of this program has to type them. */
export function asTyped(commands: string): string {
  return isRootShell ? commands.replaceAll(/(^|&& )sudo (?=\S)/gu, "$1") : commands;
}

/** The agent of the remedies: its agent.toml if commands have to name it, and whose agent it is. */
let agent: { readonly path: string; readonly isOwn: boolean } | undefined;

/**
 * From now on, remedies are about the agent with the agent.toml at `path`; undefined: about the
 * one that a command without `-c` finds. `isOwn`: it is a person's own, who needs no sudo for it.
 */
export function adviseForAgent(path: string | undefined, isOwn: boolean): void {
  agent = path === undefined ? undefined : { path, isOwn };
}

/** A command for that agent: a copy of it must not act on another one. */
export function agentCommand(command: string): string {
  return `novacula-agent ${command}${agent === undefined ? "" : ` -c ${shellWord(agent.path)}`}`;
}

/** The same for a command that reads or writes what is root's, mostly. */
export function forAgent(command: string, byRoot: (command: string) => string = asRoot): string {
  const text = agentCommand(command);
  return agent?.isOwn === true ? (commandForPod(text) ?? text) : byRoot(text);
}

/** A command that reads a file of that agent, which root may read, mostly. */
export function forAgentFile(command: string): string {
  return agent?.isOwn === true ? command : asRoot(command);
}

/** Where people put another key, behind the name of its file: ` (sudo novacula-agent set-key)`. */
export function setKeyHint(): string {
  return inPlace({ host: ` (${forAgent("set-key", withSudo)})`, pod: " (by its Secret)" });
}
