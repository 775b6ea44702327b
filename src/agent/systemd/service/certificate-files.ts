import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { rootCertificates } from "node:tls";
import { inTime } from "../../../lib/files/file-answer.ts";
import { printable } from "../../../lib/printable.ts";
import { namesBeside } from "../../../lib/text/names-beside.ts";
import { fileStart } from "./file-start.ts";

/** A file with certificates, and with no private key. */
export interface CertificateFile {
  readonly path: string;
  /** In the order of the file. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  /** Whether one of the agent's roots issued the last one on the way up from the first. */
  readonly isTrusted: boolean;
  /** Whether the path itself is a symbolic link. */
  readonly isLink: boolean;
  /** Who may read it: it has the same reader as a file with the same text. */
  readonly access: string;
}

/** A file with a private key, of which only the public half is kept. */
export interface KeyFile {
  readonly path: string;
  readonly publicKey: KeyObject;
}

/** The certificate that a server shows, and what lies beside it. */
export interface CertificateFiles {
  readonly served: CertificateFile;
  readonly beside: readonly CertificateFile[];
  readonly keys: readonly KeyFile[];
  /** A file of this host with the root that issued the last one served, if the agent lacks it. */
  readonly root?: CertificateFile | undefined;
}

/**
 * Where people put the roots that their host should trust, and where their programs look:
 * update-ca-certificates(8), update-ca-trust(8).
 */
const ROOTS = ["/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors", "/etc/ssl/certs"];
/** The second name of a file: openssl-rehash(1). */
const HASH_NAME = /^[0-9a-f]{8}\.\d+$/u;

/** A folder with more is no folder of certificates. */
const MAX_ENTRIES = 500;
const MAX_FILES = 40;
const MAX_PATH = 400;
/** No chain is larger: ten certificates of RSA with 8192 bits have less. */
const MAX_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/u;
const KEY_BLOCK = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[^-]+-----END \1-----/u;

/**
 * Reads the small regular files in the folder of `certPath`. Undefined: this process may not read
 * that one, or it has no certificate. Never rejects because of the disk, and keeps no private key.
 * `caPem` has the roots that the agent trusts beside the public ones.
 */
export async function certificateFiles(
  certPath: string,
  caPem: string | undefined,
  roots = ROOTS,
): Promise<CertificateFiles | undefined> {
  // A relative path counts from the folder of the server.
  if (!isAbsolute(certPath)) {
    return undefined;
  }
  const trusted = [...rootCertificates.flatMap(certificatesIn), ...certificatesIn(caPem ?? "")];
  const found = await inTime(certPath, async () => {
    const served = await fileAt(certPath, trusted);
    if (served === undefined) {
      return undefined;
    }
    const beside: CertificateFile[] = [];
    const keys: KeyFile[] = [];
    for (const path of await pathsBeside(certPath)) {
      const file = await fileAt(path, trusted);
      const key = file === undefined ? await keyAt(path) : undefined;
      beside.push(...(file === undefined ? [] : [file]));
      keys.push(...(key === undefined ? [] : [key]));
    }
    return { served, beside, keys };
  }).catch(() => undefined);
  return found && { ...found, root: found.served.isTrusted ? undefined : await rootIn(roots, found.served) };
}

/** Of several, the one that is valid longest. A folder that hangs hides no other. */
async function rootIn(
  folders: readonly string[],
  { chain }: CertificateFile,
): Promise<CertificateFile | undefined> {
  const found: CertificateFile[] = [];
  const last = wayUp(chain).at(-1);
  for (const folder of folders) {
    const inFolder = inTime(folder, async () => {
      for (const path of await pathsIn(folder)) {
        const file = await fileAt(path, []);
        if (file && last && isRootOf(file.chain[0], last)) {
          found.push(file);
        }
      }
    });
    await inFolder.catch(() => undefined);
  }
  const endOf = (file: CertificateFile) => file.chain[0].validToDate.getTime();
  return found.sort((a, b) => endOf(b) - endOf(a))[0];
}

/** A server's certificate that signed itself is its own root, without being an authority. */
function isRootOf(root: X509Certificate, issued: X509Certificate): boolean {
  const isSame = root.fingerprint256 === issued.fingerprint256;
  return root.subject === root.issuer && (root.ca || isSame) && hasIssued(root, issued);
}

async function pathsBeside(certPath: string): Promise<readonly string[]> {
  const folder = dirname(certPath);
  const names = (await pathsIn(folder)).map((path) => basename(path));
  return namesBeside(certPath, names)
    .slice(0, MAX_FILES)
    .map((name) => join(folder, name));
}

/** Of the files and links in a folder, sorted. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    // Another name could not be copied from a command as it is.
    const isShown = printable(path, MAX_PATH) === path && !HASH_NAME.test(entry.name);
    if ((entry.isFile() || entry.isSymbolicLink()) && isShown) {
      paths.push(path);
    }
    if (paths.length === MAX_ENTRIES) {
      break;
    }
  }
  return paths.sort();
}

/** Undefined: there is none, it is encrypted, or this process may not read it. */
async function keyAt(path: string): Promise<KeyFile | undefined> {
  const read = await textOf(path).catch(() => undefined);
  const [block] = KEY_BLOCK.exec(read?.text ?? "") ?? [];
  try {
    return block === undefined ? undefined : { path, publicKey: createPublicKey(block) };
  } catch {
    return undefined;
  }
}

async function fileAt(
  path: string,
  trusted: readonly X509Certificate[],
): Promise<CertificateFile | undefined> {
  const read = await textOf(path).catch(() => undefined);
  if (read === undefined || PRIVATE_KEY.test(read.text)) {
    return undefined;
  }
  const [first, ...rest] = certificatesIn(read.text);
  const isLink = (await lstat(path)).isSymbolicLink();
  const { uid, gid, mode } = read.stats;
  const access = (mode & 0o004) === 0 ? `${uid}:${gid} ${(mode & 0o777).toString(8)}` : "all";
  return (
    first && {
      path,
      chain: [first, ...rest],
      isTrusted: isIssuedBy(trusted, wayUp([first, ...rest])),
      isLink,
      access,
    }
  );
}

async function textOf(path: string): Promise<{ readonly text: string; readonly stats: Stats } | undefined> {
  const start = await fileStart(path, MAX_BYTES);
  const isWhole = start !== undefined && start.stats.size <= MAX_BYTES;
  return isWhole ? { text: start.bytes.toString("latin1"), stats: start.stats } : undefined;
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(BLOCK) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** From the first certificate of `chain` up, as far as the issuers are in it, in any order. */
export function wayUp([first, ...rest]: CertificateFile["chain"]): CertificateFile["chain"] {
  const way: [X509Certificate, ...X509Certificate[]] = [first];
  for (let last = first; way.length <= rest.length; ) {
    const issuer = rest.find((one) => !way.includes(one) && hasIssued(one, last));
    if (issuer === undefined) {
      break;
    }
    way.push(issuer);
    last = issuer;
  }
  return way;
}

export function hasIssued(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

function isIssuedBy(trusted: readonly X509Certificate[], way: CertificateFile["chain"]): boolean {
  return way.some((one) =>
    trusted.some((root) => root.fingerprint256 === one.fingerprint256 || hasIssued(root, one)),
  );
}
