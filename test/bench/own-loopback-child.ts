import { execFileSync } from "node:child_process";
import { createServer } from "node:net";

/**
 * A child, `unshare --net node own-loopback-child.ts`: brings up loopback and sends a listener on
 * it to its parent.
 */
execFileSync("ip", ["link", "set", "lo", "up"]);
process.on("disconnect", () => process.exit());
const listener = createServer();
listener.listen(0, "127.0.0.1", () => {
  // Closes our own copy, which would get every second connection and never answer.
  process.send?.("listening", listener, () => void listener.close());
});
