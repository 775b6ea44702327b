/**
 * The variables that this process or a program that it starts needs: threads of libuv; where
 * programs are; the bus for systemctl; the terminal; the socket for systemd-notify.
 */
const KEPT = new Set([
  "UV_THREADPOOL_SIZE",
  "PATH",
  "DBUS_SYSTEM_BUS_ADDRESS",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "TERM",
  "NOTIFY_SOCKET",
]);

/**
 * Leaves in `environment`, which is that of the process, only what children need: every program
 * that the agent starts inherits it, and the rest may hold secrets, such as a proxy's password.
 * Their messages are those of the C locale.
 */
export function leaveForChildren(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (!KEPT.has(name)) {
      delete environment[name];
    }
  }
  environment["LC_ALL"] = "C";
}
