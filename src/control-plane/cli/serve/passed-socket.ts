import { existsSync } from "node:fs";
import { OperatorError } from "../../../lib/errors.ts";
import { printable } from "../../../lib/printable.ts";
import { withSudo } from "../../../lib/shell-word.ts";
import { passedDescriptors } from "../../../lib/systemd/passed-descriptors.ts";
import type { Logger } from "../../log/logger.ts";
import type { Environment } from "../../settings/settings.ts";

const SOCKET_UNIT = "novacula-control-plane.socket";
const ENABLED = `/etc/systemd/system/sockets.target.wants/${SOCKET_UNIT}`;

/** The listening socket of novacula-control-plane.socket, if systemd passed it. */
export function passedSocket(environment: Environment, logger: Logger): number | undefined {
  const [socket, ...more] = passedDescriptors(environment, SOCKET_UNIT);
  if (more.length > 0) {
    throw new OperatorError(
      `${SOCKET_UNIT} passes several sockets, but one can be served: keep one ListenStream= in it. ` +
        "ListenStream=443 listens on every address, of IPv4 and IPv6",
    );
  }
  const isService = environment["NOTIFY_SOCKET"] !== undefined;
  if (socket === undefined && isService && existsSync(ENABLED)) {
    logger.error(
      { event: "socket.missing" },
      `Listening on HOST and PORT: ${SOCKET_UNIT} is enabled, but it passed no socket. Perhaps it failed. Fix:\n` +
        `sudo systemctl stop novacula-control-plane\nsudo systemctl restart ${SOCKET_UNIT}\nsudo systemctl start novacula-control-plane`,
    );
  }
  const ignored = ["HOST", "PORT"].filter((name) => (environment[name] ?? "") !== "");
  if (socket !== undefined && ignored.length > 0) {
    const set = ignored.map((name) => `${name}=${printable(environment[name])}`).join(" and ");
    logger.warn(
      { event: "settings.odd" },
      `${set} ${ignored.length === 1 ? "is" : "are"} ignored, because ${SOCKET_UNIT} listens for the control plane. Fix: remove what is ignored. To listen there, and not on the socket, run:\n` +
        `${withSudo(`systemctl disable --now ${SOCKET_UNIT}`)}\n${withSudo("systemctl restart novacula-control-plane")}`,
    );
  }
  return socket;
}
