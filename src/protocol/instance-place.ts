/** Where a process runs, as both programs and the page tell people. */

/** The name of a systemd service, systemd.unit(5). A process declares it, so it is held to this. */
export const SERVICE_NAME = /^[\w:.\\@-]{1,247}\.service$/u;
/** The largest PID that Linux gives, PID_MAX_LIMIT of proc_sys_kernel(5). */
export const MAX_PID = 4_194_304;

interface Place {
  readonly bootHash: string;
  readonly pid: number;
  readonly unit: string | null;
}

interface Instance {
  readonly hostName: string;
  readonly address: string | null;
  readonly process: Place | null;
}

/** `PID 4711 (novacula-agent.service)`. */
export function processWords({ pid, unit }: Place): string {
  return unit === null ? `PID ${pid} (no service)` : `PID ${pid} (${unit})`;
}

/** `web-01 (192.0.2.7), PID 4711 (novacula-agent.service)`. */
export function instanceWords({ hostName, address, process }: Instance): string {
  const host = address === null ? hostName : `${hostName} (${address})`;
  return process === null ? host : `${host}, ${processWords(process)}`;
}

/**
 * True if all say where they run, and it is one boot of one host: then nothing was cloned, and the
 * program was started more than once. Containers of a host count as the host.
 */
export function isOneHost(instances: readonly Pick<Instance, "process">[]): boolean {
  const boots = new Set(instances.map(({ process }) => process?.bootHash));
  return instances.length > 1 && boots.size === 1 && !boots.has(undefined);
}
