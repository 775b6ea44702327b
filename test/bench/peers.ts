import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { makeKey } from "../support/keys.ts";
import { makeOwnLoopback } from "./own-loopback.ts";
import { type PeerStub, startHttpStub } from "./peer-stub.ts";
import { type Subject, startSubject } from "./subject.ts";
import { startZabbixStub } from "./zabbix-stub.ts";

/** Another program that polls with a key, if this host has its Debian package. */
interface Peer {
  readonly name: string;
  readonly executable: string;
  readonly needsRoot: boolean;
  /**
   * Starts the server that it polls, and writes its configuration with its own key into `folder`
   * (0700).
   */
  readonly prepare: (folder: string) => Promise<Prepared>;
}

interface Prepared {
  readonly stub: PeerStub;
  readonly args: readonly string[];
  /** Put before its command. */
  readonly enter?: readonly string[];
}

export interface RunningPeer {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** How often it has polled with its key, counted by the server. */
  readonly polls: () => number;
  stop(): Promise<void>;
}

/**
 * A scrape begins at an offset within the interval; zabbix reads its item first after one interval.
 */
const FIRST_POLL_MS = 20_000;
/** Notes for a fair comparison: the programs do different work. */
export const PEERS_NOTE =
  "The peers are Debian's packages, one of each, every 5 s with a key of their own and nothing to apply: the bouncers ask over HTTP, without metrics of their own (the firewall's has its tables in nftables), zabbix opens a TLS-PSK connection for each value, prometheus scrapes into a database.";
const DECISIONS = { contentType: "application/json", body: '{"new":[],"deleted":[]}' };

const PEERS: readonly Peer[] = [
  {
    name: "crowdsec-custom-bouncer",
    executable: "/usr/bin/crowdsec-custom-bouncer",
    needsRoot: false,
    async prepare(folder) {
      const key = makeKey();
      const stub = await startHttpStub({
        isAuthorized: (headers) => headers["x-api-key"] === key,
        ...DECISIONS,
      });
      const lines = ["bin_path: /bin/true", `piddir: ${folder}/`, "cache_retention_duration: 10s"];
      const path = secretFile(folder, "bouncer.yaml", [...bouncerLines(stub, key), ...lines]);
      return { stub, args: ["-c", path] };
    },
  },
  {
    name: "crowdsec-firewall-bouncer",
    executable: "/usr/bin/crowdsec-firewall-bouncer",
    // It creates tables in nftables when it starts: its own network keeps this host's rules
    // unchanged.
    needsRoot: true,
    async prepare(folder) {
      const key = makeKey();
      const { listener, enter, close } = await makeOwnLoopback();
      const stub = await startHttpStub(
        { isAuthorized: (headers) => headers["x-api-key"] === key, ...DECISIONS },
        listener,
      );
      const table = (name: string) =>
        `{enabled: true, set-only: false, table: ${name}, chain: ${name}-chain}`;
      const path = secretFile(folder, "bouncer.yaml", [
        ...bouncerLines(stub, key),
        "mode: nftables",
        `pid_dir: ${folder}/`,
        "deny_action: DROP",
        "supported_decisions_types: [ban]",
        "blacklists_ipv4: crowdsec-blacklists",
        "blacklists_ipv6: crowdsec6-blacklists",
        `nftables: {ipv4: ${table("crowdsec")}, ipv6: ${table("crowdsec6")}}`,
      ]);
      const closeBoth = () => {
        stub.close();
        close();
      };
      return { stub: { ...stub, close: closeBoth }, args: ["-c", path], enter };
    },
  },
  {
    name: "zabbix-agent2",
    executable: "/usr/sbin/zabbix_agent2",
    needsRoot: false,
    async prepare(folder) {
      const key = randomBytes(32).toString("hex");
      const stub = await startZabbixStub("bench", key);
      const path = secretFile(folder, "agent.conf", [
        "LogType=console",
        `ServerActive=127.0.0.1:${stub.port}`,
        "Hostname=bench",
        // Its default of 5 s drifts against the item's 5 s, and sometimes sends two values at once.
        "BufferSend=1",
        "TLSConnect=psk",
        "TLSPSKIdentity=bench",
        `TLSPSKFile=${secretFile(folder, "key", [key])}`,
        `ControlSocket=${join(folder, "control.sock")}`,
      ]);
      return { stub, args: ["-f", "-c", path] };
    },
  },
  {
    name: "prometheus",
    executable: "/usr/bin/prometheus",
    needsRoot: false,
    async prepare(folder) {
      const key = makeKey();
      const stub = await startHttpStub({
        isAuthorized: ({ authorization }) => authorization === `Bearer ${key}`,
        contentType: "text/plain; version=0.0.4",
        body: "bench_value 1\n",
      });
      const credentials = `authorization: {credentials_file: ${secretFile(folder, "key", [key])}}`;
      const targets = `static_configs: [{targets: ["127.0.0.1:${stub.port}"]}]`;
      const job = `{job_name: bench, scrape_interval: 5s, ${credentials}, ${targets}}`;
      const path = secretFile(folder, "prometheus.yml", [`scrape_configs: [${job}]`]);
      const data = `--storage.tsdb.path=${join(folder, "data")}`;
      return { stub, args: [`--config.file=${path}`, data, "--web.listen-address=127.0.0.1:0"] };
    },
  },
];

function bouncerLines({ port }: PeerStub, key: string): readonly string[] {
  return [
    "update_frequency: 5s",
    "daemonize: false",
    "log_mode: stdout",
    "log_level: error",
    `api_url: http://127.0.0.1:${port}/`,
    `api_key: ${key}`,
    "prometheus: {enabled: false}",
  ];
}

function secretFile(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return path;
}

/**
 * One of each peer that is installed, once it has polled; the log says which are not there or do
 * not poll. They end with `stop`, and with this process however it ends.
 */
export async function startPeers(folder: string, log: (line: string) => void): Promise<RunningPeer[]> {
  const started = await Promise.all(
    PEERS.map(async (peer) => {
      const obstacle = obstacleTo(peer);
      if (obstacle === undefined) {
        return startPeer(peer, join(folder, peer.name), log);
      }
      log(`skipped ${peer.name}: ${obstacle}`);
      return undefined;
    }),
  );
  return started.filter((peer) => peer !== undefined);
}

function obstacleTo({ name, executable, needsRoot }: Peer): string | undefined {
  if (spawnSync("test", ["-x", executable]).status !== 0) {
    return `${executable} is not installed (apt-get install --no-install-recommends ${name})`;
  }
  if (needsRoot && process.getuid?.() !== 0) {
    return "a network of its own needs root";
  }
  return undefined;
}

async function startPeer(
  { name, executable, prepare }: Peer,
  folder: string,
  log: (line: string) => void,
): Promise<RunningPeer | undefined> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { stub, args, enter = [] } = await prepare(folder);
  // The kernel ends it even if we are killed.
  const [program = "", ...rest] = ["setpriv", "--pdeathsig", "KILL", "--", ...enter, executable, ...args];
  const subject = startSubject({ folder, program }, rest);
  const stop = async () => {
    await subject.stop();
    stub.close();
  };
  try {
    await eventually(() => stub.polls() > 0, { timeoutMs: FIRST_POLL_MS, describe: name });
    return { name: `${name} ${versionOf(name)}`, subjects: [subject], polls: stub.polls, stop };
  } catch {
    await stop();
    const where = `${join(folder, "log")} (as long as this runs)`;
    log(`LEFT OUT ${name}: no request with its key in ${FIRST_POLL_MS / 1000} s; it may say why in ${where}`);
    return undefined;
  }
}

/** The upstream part of the package's version: `0.0.25` of `0.0.25-4~deb12u1`. */
function versionOf(name: string): string {
  const version = execFileSync("dpkg-query", ["-W", "-f", "$" + "{Version}", name], { encoding: "utf8" });
  return version.replace(/^\d+:/, "").replace(/[-+].*$/, "");
}
