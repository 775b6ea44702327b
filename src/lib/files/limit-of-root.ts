import { readFileSync, statfsSync } from "node:fs";
import { asRoot, inPlace } from "../shell-word.ts";

/** Why the kernel denies what the modes allow, and what to do, each as a clause. */
export interface Denial {
  readonly why: string;
  readonly fix: string;
}

/** The file systems on which a server or a program decides, by their type in statfs(2). */
const REMOTE = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x65735546, "FUSE"],
  [0x01021997, "9p"],
  [0x00c36400, "Ceph"],
]);
/** capabilities(7): the capability that lets root pass by the modes, as a bit of CapEff. */
const CAP_DAC_OVERRIDE = 1n << 1n;
const WHOLE_HOST = /^\s*0\s+0\s+4294967295\s*$/u;

/** Why root may not open a file in `folder`, as far as this host shows it. */
export function limitOfRoot(folder: string): Denial {
  const remote = REMOTE.get(typeOf(folder));
  if (remote !== undefined) {
    const why = `it is on ${remote}, whose server or program gives root no rights (root_squash, for instance)`;
    return { why, fix: "write it on the server, or as the user that owns it" };
  }
  if (isInUserNamespace()) {
    const why = "this root is root of a container (a user namespace), and the file belongs to another user";
    return { why, fix: "change the file on the host of the container" };
  }
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/mu.exec(textOf("/proc/self/status"))?.[1];
  if (capabilities !== undefined && (BigInt(`0x${capabilities}`) & CAP_DAC_OVERRIDE) === 0n) {
    const why = "this root has no CAP_DAC_OVERRIDE, so modes and owners hold for it";
    return { why, fix: "use a root shell of the host, outside of the container or unit" };
  }
  const why = "something other than modes forbids it to root, such as SELinux or AppArmor";
  const see = `see what it was: ${asRoot("journalctl -k -g denied -n 20")}`;
  return { why, fix: inPlace({ host: see, pod: "look into the kernel log of the Kubernetes node" }) };
}

/** Whether this process sees other IDs than the host does, as in a sandbox with PrivateUsers=. */
export function isInUserNamespace(): boolean {
  return !WHOLE_HOST.test(textOf("/proc/self/uid_map"));
}

function typeOf(folder: string): number {
  try {
    return statfsSync(folder).type;
  } catch {
    return 0;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
