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

/** A command that only root may run, as the user of this program has to type it. */
export function asRoot(command: string): string {
  return commandForPod(command) ?? (process.geteuid?.() === 0 ? command : `sudo ${command}`);
}

/** The same for a line that others read: they are not the user of this program. */
export function withSudo(command: string): string {
  return commandForPod(command) ?? `sudo ${command}`;
}

/** Where people put another key, behind the name of its file: ` (sudo novacula-agent set-key)`. */
export function setKeyHint(): string {
  return inPlace({ host: " (sudo novacula-agent set-key)", pod: " (by its Secret)" });
}
