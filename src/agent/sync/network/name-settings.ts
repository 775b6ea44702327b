import { access, open, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { errorCode } from "../../../lib/errors.ts";
import { inTime } from "../../../lib/files/file-answer.ts";
import { type NameSwitch, NSSWITCH, nameSwitchOf } from "./name-switch.ts";

/** How this host looks up names, as far as its files say. */
export interface NameSettings {
  readonly nameSwitch: NameSwitch;
  /** True if systemd-resolved answers the source `resolve`. */
  readonly hasResolved: boolean;
  readonly resolvConf: FileState;
  /** The first servers of resolv.conf(5): those that the C library asks. */
  readonly servers: readonly string[];
  /** What stands in the place of a server and is no IP address: the C library passes over it. */
  readonly ignoredServers: readonly string[];
  readonly searchDomains: readonly string[];
  readonly hostsFile: FileState;
  /** The text of hosts(5); empty if it cannot be read. */
  readonly hosts: string;
}

type FileState = "read" | "denied" | "missing";

interface FileStart {
  readonly state: FileState;
  /** Empty unless it was read. */
  readonly text: string;
}

const RESOLV = "/etc/resolv.conf";
const HOSTS = "/etc/hosts";
const RESOLVED_SOCKET = "/run/systemd/resolve/io.systemd.Resolve";
/** A longer file is read up to here, bytes: some hosts block advertisements with /etc/hosts. */
const MAX_BYTES = 256 * 1024;
/** The C library uses no more. */
const MAX_SERVERS = 3;

/** Changes with the files that say how names are looked up. Never rejects. */
export async function settingsVersion(): Promise<string> {
  const versions = await Promise.all(
    [NSSWITCH, RESOLV, HOSTS].map((path) =>
      inTime(path, () => stat(path)).then(
        ({ dev, ino, size, mtimeMs }) => `${dev} ${ino} ${size} ${mtimeMs}`,
        () => "",
      ),
    ),
  );
  return versions.join("\n");
}

/** Reads the files. Never rejects. */
export async function readNameSettings(): Promise<NameSettings> {
  const [nsswitch, resolv, hosts, hasResolved] = await Promise.all([
    readStart(NSSWITCH),
    readStart(RESOLV),
    readStart(HOSTS),
    inTime(RESOLVED_SOCKET, () => access(RESOLVED_SOCKET)).then(
      () => true,
      () => false,
    ),
  ]);
  return nameSettingsOf({ nsswitch, resolv, hosts, hasResolved });
}

interface NameFiles {
  readonly nsswitch: FileStart;
  readonly resolv: FileStart;
  readonly hosts: FileStart;
  readonly hasResolved: boolean;
}

export function nameSettingsOf({ nsswitch, resolv, hosts, hasResolved }: NameFiles): NameSettings {
  const servers = serversOf(resolv.text);
  return {
    nameSwitch: nameSwitchOf(nsswitch.text),
    hasResolved,
    resolvConf: resolv.state,
    servers: servers.filter(isAddress).slice(0, MAX_SERVERS),
    ignoredServers: servers.filter((server) => !isAddress(server)).slice(0, MAX_SERVERS),
    searchDomains: searchDomainsOf(resolv.text),
    hostsFile: hosts.state,
    hosts: hosts.text,
  };
}

async function readStart(path: string): Promise<FileStart> {
  try {
    return await inTime(path, async () => {
      await using file = await open(path);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return { state: "read", text: buffer.toString("utf8", 0, bytesRead) };
    });
  } catch (error) {
    return { state: errorCode(error) === "EACCES" ? "denied" : "missing", text: "" };
  }
}

function serversOf(resolv: string): readonly string[] {
  return [...resolv.matchAll(/^nameserver[ \t]+([^\s;#]+)/gmu)].map(([, server = ""]) => server);
}

/** `fe80::1%eth0` */
function isAddress(server: string): boolean {
  return isIP(server.replace(/%.*/u, "")) !== 0;
}

/** The last `search` or `domain` line counts. */
function searchDomainsOf(resolv: string): readonly string[] {
  const line = [...resolv.matchAll(/^(?:search|domain)[ \t]+(.*)$/gmu)].at(-1)?.[1] ?? "";
  return line.match(/\S+/gu) ?? [];
}
