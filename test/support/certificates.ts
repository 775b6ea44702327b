import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** PEM, in the form that `https.createServer` accepts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A private authority, and the certificates that it signed for localhost and 127.0.0.1. */
export interface TestCertificates {
  readonly caPem: string;
  readonly good: Certificate;
  /** Valid in 2020 and 2021. */
  readonly expired: Certificate;
  /** Valid from 2090. */
  readonly notYetValid: Certificate;
  /** For other.example.com and 192.0.2.7 only. */
  readonly wrongName: Certificate;
  /** Not signed by the authority. */
  readonly selfSigned: Certificate;
}

const HERE = "DNS:localhost,IP:127.0.0.1";
const DAY_MS = 86_400_000;
const openssl = promisify(execFile);
let made: Promise<TestCertificates> | undefined;

/** Needs the `openssl` program. Its files are removed before this resolves. */
export function testCertificates(): Promise<TestCertificates> {
  made ??= makeCertificates();
  return made;
}

async function makeCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), "certificates-"));
  try {
    await writeFile(join(folder, "ca.cnf"), CONFIGURATION);
    await writeFile(join(folder, "index.txt"), "");
    const caPem = (await selfSign(folder, "ca", "/CN=Test authority")).cert;
    const yesterday = asn1Time(Date.now() - DAY_MS);
    const tomorrow = asn1Time(Date.now() + DAY_MS);
    return {
      caPem,
      good: await sign(folder, "good", HERE, yesterday, tomorrow),
      expired: await sign(folder, "expired", HERE, "20200101000000Z", "20211231000000Z"),
      notYetValid: await sign(folder, "early", HERE, "20900101000000Z", "20911231000000Z"),
      wrongName: await sign(folder, "wrong", "DNS:other.example.com,IP:192.0.2.7", yesterday, tomorrow),
      selfSigned: await selfSign(folder, "self", "/CN=localhost", ["-addext", `subjectAltName=${HERE}`]),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function selfSign(folder: string, name: string, subject: string, more: readonly string[] = []) {
  const command = ["req", "-x509", "-config", "ca.cnf", ...NEW_KEY, "-subj", subject, "-days", "2"];
  await openssl("openssl", [...command, "-keyout", `${name}.key`, "-out", `${name}.pem`, ...more], {
    cwd: folder,
  });
  return read(folder, name);
}

/** Uses `openssl ca`, because in OpenSSL 3.0 no other command sets both dates. */
async function sign(folder: string, name: string, names: string, from: string, to: string) {
  const run = (command: readonly string[]) => openssl("openssl", [...command], { cwd: folder });
  const files = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
  await run(["req", "-new", "-config", "ca.cnf", ...NEW_KEY, "-subj", `/CN=${name}`, ...files]);
  await writeFile(join(folder, `${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  const dates = ["-startdate", from, "-enddate", to];
  const output = ["-extfile", `${name}.ext`, "-in", `${name}.csr`, "-out", `${name}.pem`, "-notext"];
  await run(["ca", "-batch", "-config", "ca.cnf", ...dates, ...output]);
  return read(folder, name);
}

async function read(folder: string, name: string): Promise<Certificate> {
  const [cert, key] = await Promise.all(
    ["pem", "key"].map((ending) => readFile(join(folder, `${name}.${ending}`), "utf8")),
  );
  return { cert: cert ?? "", key: key ?? "" };
}

function asn1Time(atMs: number): string {
  return `${new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const CONFIGURATION = `
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical,CA:true
subjectKeyIdentifier = hash
`;
