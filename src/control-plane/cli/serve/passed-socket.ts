import { existsSync } from "node:fs";
import { OperatorError } from "../../../lib/errors.ts";
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
  return socket;
}
