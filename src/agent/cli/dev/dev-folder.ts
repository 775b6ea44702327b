import { hash } from "node:crypto";
import { chmod, lstat, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errorCode, OperatorError } from "../../../lib/errors.ts";
import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { assertRootOnly } from "../host/write-place.ts";

/** The files that `dev` keeps between two runs. All paths are absolute. */
export interface DevFolder {
  readonly path: string;
  readonly configPath: string;
  readonly databasePath: string;
  readonly managementSocket: string;
  readonly dataDir: string;
  readonly runtimeDir: string;
}

/** unix(7): sockaddr_un has 108 bytes for a path and its terminating NUL. */
const MAX_SOCKET_PATH_BYTES = 107;
const DEFAULT_PORT = 3000;

/**
 * Makes the folder. Only its owner can read it, because it contains a key. If its path is too long
 * for sockets, they go to the temporary folder. Rejects with an OperatorError if it cannot be used.
 */
export async function openDevFolder(directory: string): Promise<DevFolder> {
  const path = absolutePath(directory);
  await assertFolderFor(path);
  const isLong = Buffer.byteLength(join(path, "management.sock")) > MAX_SOCKET_PATH_BYTES;
  const name = `novacula-dev-${hash("sha256", path, "hex").slice(0, 12)}`;
  const sockets = isLong ? join(tmpdir(), name) : path;
  const dataDir = join(path, "data");
  for (const folder of [path, sockets, dataDir]) {
    await makePrivate(folder);
  }
  return {
    path,
    configPath: join(path, "agent.toml"),
    databasePath: join(path, "control-plane.db"),
    managementSocket: join(sockets, "management.sock"),
    dataDir,
    runtimeDir: sockets,
  };
}

async function assertFolderFor(path: string): Promise<void> {
  try {
    await assertRootOnly(
      path,
      "use --directory with a folder that only root can write to, such as /srv/novacula-dev",
    );
  } catch (error) {
    // A missing folder will be made, so the folder above it counts.
    if (errorCode(error) !== "ENOENT") {
      throw error;
    }
    await assertFolderFor(dirname(path));
  }
}

/**
 * Accepts an existing folder only if it belongs to this user and is not a link: anybody can make
 * links in /tmp.
 */
async function makePrivate(folder: string): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== "EEXIST") {
        throw error;
      }
    });
    const stats = await lstat(folder);
    if (!stats.isDirectory()) {
      throw new OperatorError("it is a link or a file");
    }
    if (stats.uid !== process.geteuid?.()) {
      throw new OperatorError("it belongs to another user");
    }
    if ((stats.mode & 0o777) !== 0o700) {
      await chmod(folder, 0o700);
    }
  } catch (error) {
    const why = error instanceof OperatorError ? error.message : (errorCode(error) ?? "unknown error");
    throw new OperatorError(
      `cannot use ${printable(folder, 4096)}, because ${why}. Fix: use another folder with --directory`,
    );
  }
}

/** Writes an agent.toml without a key, in the shape of agent.example.toml. */
export async function writeConfig(folder: DevFolder, url: string): Promise<void> {
  const text = `# The agent of \`novacula-agent dev\`. The agent applies every change when you save the file.
# agent.example.toml explains every setting.

[agent]
name = "agent-1"
data_dir = ${JSON.stringify(folder.dataDir)}
runtime_dir = ${JSON.stringify(folder.runtimeDir)}

[control_plane]
url = ${JSON.stringify(url)}
`;
  await writeFile(folder.configPath, text, { mode: 0o600, flag: "wx" });
}

/**
 * The port that was asked for, or else the last run's, 3000 or any free one. Rejects with an
 * OperatorError if the port that was asked for is in use.
 */
export async function choosePort(asked: number | undefined, before: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (await isFree(asked)) {
      return asked;
    }
    throw new OperatorError(
      `port ${asked} is in use. Fix: use another one with --port, or leave the option out`,
    );
  }
  for (const port of [before, DEFAULT_PORT]) {
    if (port !== undefined && (await isFree(port))) {
      return port;
    }
  }
  return (await listenOnce(0)) ?? DEFAULT_PORT;
}

/** Whether nothing listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const taken = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
