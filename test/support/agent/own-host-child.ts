import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { join } from "node:path";
import { ETC_FILES, openRequest } from "./own-host-files.ts";

/**
 * A child, `unshare --net --mount --uts node own-host-child.ts FOLDER`: brings up loopback, mounts
 * the files of FOLDER over those in /etc, and opens sockets for its parent.
 */
const [folder = ""] = process.argv.slice(2);
execFileSync("ip", ["link", "set", "lo", "up"]);
for (const name of ETC_FILES) {
  execFileSync("mount", ["--bind", join(folder, name), join("/etc", name)]);
}
process.on("disconnect", () => process.exit());
process.on("message", (message) => {
  const { protocol, address, port } = openRequest.parse(message);
  const fail = (error: Error) => process.send?.({ error: error.message });
  if (protocol === "udp") {
    const socket = createSocket("udp4").once("error", fail);
    // Closes our own copy, which would get half of the packets and never answer.
    socket.bind(port, address, () => process.send?.({}, socket, () => void socket.close()));
  } else {
    const listener = createServer().once("error", fail);
    listener.listen(port, address, () => process.send?.({}, listener, () => void listener.close()));
  }
});
process.send?.({});
