import { type ChildProcess, fork } from "node:child_process";
import { Socket as UdpSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lacks } from "../requires.ts";
import { temporaryDirectory } from "../temp-dir.ts";
import { ETC_FILES, type OpenRequest } from "./own-host-files.ts";

const CHILD = fileURLToPath(new URL("own-host-child.ts", import.meta.url));

export const LACKS_OWN_HOST = lacks("root, to have namespaces", process.geteuid?.() === 0);

/**
 * A host of the test's own: a network with loopback only, a host name, and the files in /etc that
 * look up names. Sockets in its network are served by the test itself, so a test counts what
 * arrives at them.
 */
export interface OwnHost extends AsyncDisposable {
  /** Put before a command to run it on this host. */
  readonly wrapper: readonly string[];
  /** Replaces a file in /etc. */
  write(file: (typeof ETC_FILES)[number], text: string): void;
  udp(address: string, port: number): Promise<UdpSocket>;
  tcp(address: string, port: number): Promise<Server>;
}

/** Needs root. */
export async function makeOwnHost(): Promise<OwnHost> {
  const directory = temporaryDirectory();
  const write: OwnHost["write"] = (file, text) => writeFileSync(join(directory.path, file), text);
  for (const name of ETC_FILES) {
    write(name, "");
  }
  write("hosts", "127.0.0.1 localhost\n");
  write("nsswitch.conf", "hosts: files dns\n");
  const namespaces = ["--net", "--uts", "--mount", "--propagation", "private"];
  const child = fork(CHILD, [directory.path], {
    execPath: "unshare",
    execArgv: [...namespaces, process.execPath],
  });
  await reply(child);
  const open = async (request: OpenRequest) => {
    const replied = reply(child);
    child.send(request);
    return await replied;
  };
  return {
    wrapper: ["nsenter", `--target=${child.pid}`, "--net", "--uts", "--mount", "--"],
    write,
    async udp(address, port) {
      const handle = await open({ protocol: "udp", address, port });
      return handle instanceof UdpSocket ? handle : refused(address, port);
    },
    async tcp(address, port) {
      const handle = await open({ protocol: "tcp", address, port });
      return handle instanceof Server ? handle : refused(address, port);
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      await ended;
      directory.remove();
    },
  };
}

function reply(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error("unshare: no namespaces of its own")));
    child.once("message", (_message, handle) => resolve(handle));
  });
}

function refused(address: string, port: number): never {
  throw new Error(`the host of the test cannot open ${address}:${port}`);
}
