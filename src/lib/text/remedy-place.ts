/** The name of the pod in which this program runs; undefined: it runs on a host. */
let pod: string | undefined;

/** From now on, remedies are what helps a pod. `name` is its host name, which is that of the pod. */
export function adviseInPod(name: string | undefined): void {
  pod = name;
}

/** What fits the place: on a host, root runs commands; in a pod, Kubernetes gives what it has. */
export function inPlace<Advice>(advice: { readonly host: Advice; readonly pod: Advice }): Advice {
  return pod === undefined ? advice.host : advice.pod;
}

/** The same command for a pod, which has no systemd and no sudo. Undefined on a host. */
export function commandForPod(command: string): string | undefined {
  if (pod === undefined) {
    return undefined;
  }
  if (/^(?:novacula-agent|systemctl) (?:re)?start\b/u.test(command)) {
    return `kubectl delete pod ${pod}`;
  }
  if (/^journalctl -u novacula-agent\b/u.test(command)) {
    return `kubectl logs ${pod}`;
  }
  return command.startsWith("novacula-agent ") ? `kubectl exec ${pod} -- ${command}` : command;
}
