const FIRST_PASSED_DESCRIPTOR = 3;

/**
 * sd_listen_fds(3): the open descriptors that systemd passed to this process under `name`, from
 * `OpenFile=` or a socket unit.
 */
export function passedDescriptors(environment: NodeJS.ProcessEnv, name: string): readonly number[] {
  if (environment["LISTEN_PID"] !== String(process.pid)) {
    return [];
  }
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  return names.flatMap((each, index) => (each === name ? [FIRST_PASSED_DESCRIPTOR + index] : []));
}
