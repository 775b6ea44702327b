import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Listener, startListener } from "./listener.ts";
import { lacks } from "./requires.ts";

export const lacksNginx = lacks("nginx", spawnSync("nginx", ["-v"]).status === 0);

/** Directives for `http` of nginx.conf that keep all of its files in `folder`. */
const FOLDERS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** A real nginx in the foreground. Its one site listens on `port`; it writes only to `folder`. */
export async function startNginx(folder: string, port: number, site: string): Promise<Listener> {
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
  return await startListener("nginx", ["-p", folder, "-c", configuration, "-e", "stderr"], port);
}
