import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { eventually } from "./eventually.ts";
import { lacks } from "./requires.ts";

export const lacksNginx = lacks("nginx", spawnSync("nginx", ["-v"]).status === 0);

/** Directives for `http` of nginx.conf that keep all of its files in `folder`. */
const FOLDERS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

export interface Nginx extends AsyncDisposable {
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
}

/** A real nginx in the foreground. Its one site listens on `port`; it writes only to `folder`. */
export async function startNginx(folder: string, port: number, site: string): Promise<Nginx> {
  mkdirSync(folder, { recursive: true });
  const places = FOLDERS.map((name) => `${name}_temp_path ${join(folder, name)};`).join("\n  ");
  const configuration = join(folder, "nginx.conf");
  writeFileSync(
    configuration,
    `daemon off;
master_process off;
pid ${join(folder, "nginx.pid")};
events {}
http {
  access_log off;
  ${places}
  ${site}
}
`,
  );
  const child = spawn("nginx", ["-p", folder, "-c", configuration, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints = text(child.stderr);
  const closed = once(child, "close");
  await eventually(
    async () => {
      if (child.exitCode !== null) {
        return { ended: await complaints };
      }
      return (await isListening(port)) && { ended: undefined };
    },
    { describe: "nginx listens" },
  ).then(({ ended }) => {
    if (ended !== undefined) {
      throw new Error(`nginx ended: ${ended}`);
    }
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
  };
  return { kill: () => end("SIGKILL"), [Symbol.asyncDispose]: () => end("SIGTERM") };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
