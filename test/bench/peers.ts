import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { makeKey } from "../support/keys.ts";
import { type Subject, startSubject } from "./subject.ts";

/** Programs of others that poll with a key, where this host has them (Debian's packages of these names). */
interface Peer {
  readonly name: string;
  readonly executable: string;
  /** Writes its configuration into `folder`; returns its arguments. */
  readonly prepare: (folder: string, port: number, key: string) => readonly string[];
}

const PEERS: readonly Peer[] = [
  {
    name: "crowdsec-custom-bouncer",
    executable: "/usr/bin/crowdsec-custom-bouncer",
    prepare(folder, port, key) {
      const path = join(folder, "bouncer.yaml");
      const url = `http://127.0.0.1:${port}/`;
      const lines = [
        "bin_path: /bin/true",
        "piddir: /tmp",
        "update_frequency: 5s",
        "log_mode: stdout",
        "log_level: error",
        `api_url: ${url}`,
        `api_key: ${key}`,
      ];
      writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
      return ["-c", path];
    },
  },
  {
    name: "prometheus",
    executable: "/usr/bin/prometheus",
    prepare(folder, port, key) {
      const path = join(folder, "prometheus.yml");
      writeFileSync(join(folder, "key"), key, { mode: 0o600 });
      const job = `{job_name: a, scrape_interval: 5s, authorization: {credentials_file: ${join(folder, "key")}}, static_configs: [{targets: ["127.0.0.1:${port}"]}]}`;
      writeFileSync(path, `scrape_configs: [${job}]\n`);
      return [
        `--config.file=${path}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        "--web.listen-address=127.0.0.1:0",
      ];
    },
  },
];

/** One of each peer that is installed; the log says which are not. They end with `stop`, as everything else does. */
export async function startPeers(
  folder: string,
  log: (line: string) => void,
): Promise<{ readonly name: string; readonly subjects: Subject[] }[]> {
  const present = PEERS.filter(({ name, executable }) => {
    const found = spawnSync("test", ["-x", executable]).status === 0;
    if (!found) log(`skipped ${name}: ${executable} is not installed (apt-get install ${name})`);
    return found;
  });
  if (present.length === 0) return [];
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"new":[],"deleted":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return present.map(({ name, executable, prepare }) => {
    const home = { folder: join(folder, name), program: executable };
    mkdirSync(home.folder, { recursive: true });
    return { name, subjects: [startSubject(home, prepare(home.folder, port, makeKey()))] };
  });
}
