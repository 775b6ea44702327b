import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The service manager's end of sd_notify(3), written in Python since Node has no datagram sockets:
 * forks, keeps the receiving end in the child, and becomes the agent itself, so that LISTEN_PID and
 * the PID that a test sees are its own. `socket` binds $NOTIFY_SOCKET as PID 1 does; `descriptor`
 * passes a connected socket as OpenFile= does.
 */
const SCRIPT = `
import os, socket, sys
mode, folder, command = sys.argv[1], sys.argv[2], sys.argv[3:]
if mode == "socket":
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(folder + "/notify")
    os.environ["NOTIFY_SOCKET"] = folder + "/notify"
else:
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
parent = os.getpid()
if os.fork() == 0:
    if mode == "descriptor":
        sender.close()
    for stream in (1, 2):
        os.close(stream)
    receiver.settimeout(1)
    with open(folder + "/notifications", "ab", 0) as log:
        while os.getppid() == parent:
            try:
                data = receiver.recv(65536)
            except socket.timeout:
                continue
            if not data:
                break
            log.write(data.rstrip(b"\\n").replace(b"\\n", b" | ") + b"\\n")
    os._exit(0)
receiver.close()
if mode == "descriptor":
    if sender.fileno() != 3:
        os.dup2(sender.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_PID=str(parent), LISTEN_FDS="1", LISTEN_FDNAMES="notify")
os.execvp(command[0], command)
`;

export type NotifyMode = "socket" | "descriptor";

/** The command that runs the agent's command line. */
export function notifyWrapper(mode: NotifyMode, folder: string): readonly string[] {
  return ["python3", "-c", SCRIPT, mode, folder];
}

/** Every notification so far, its assignments joined by ` | `. */
export function notifications(folder: string): readonly string[] {
  const path = join(folder, "notifications");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}
