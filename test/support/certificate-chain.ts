import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A certificate of a chain: its name, and the lines of its extensions (x509v3_config(5)). */
export interface Link {
  readonly name: string;
  readonly extensions: readonly string[];
  /** True: its validity has ended. */
  readonly isExpired?: boolean;
}

/** The PEM of each certificate, from the root to the server's own, and the server's key. */
export interface CertificateChain {
  readonly pems: readonly string[];
  readonly key: string;
}

export const AUTHORITY = "basicConstraints=critical,CA:true";
export const SERVER = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth"];

const openssl = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Each link is signed by the one before it; the first signs itself. Needs the `openssl` program. */
export async function certificateChain(links: readonly Link[]): Promise<CertificateChain> {
  const folder = await mkdtemp(join(tmpdir(), "chain-"));
  const run = (...args: readonly string[]) => openssl("openssl", [...args], { cwd: folder });
  const text = (file: string) => readFile(join(folder, file), "utf8");
  try {
    await writeFile(join(folder, "own.cnf"), "[req]\ndistinguished_name=name\n[name]\n");
    for (const [index, { name, extensions, isExpired = false }] of links.entries()) {
      const files = ["-keyout", `${index}.key`, "-out", `${index}.csr`];
      await run("req", "-new", "-config", "own.cnf", ...NEW_KEY, "-subj", `/CN=${name}`, ...files);
      await writeFile(join(folder, `${index}.ext`), `${extensions.join("\n")}\n`);
      const signer =
        index === 0
          ? ["-signkey", "0.key"]
          : ["-CA", `${index - 1}.pem`, "-CAkey", `${index - 1}.key`, "-CAcreateserial"];
      const output = ["-in", `${index}.csr`, "-out", `${index}.pem`, "-extfile", `${index}.ext`];
      await run("x509", "-req", "-days", isExpired ? "-1" : "2", ...output, ...signer);
    }
    const pems = await Promise.all(links.map((_link, index) => text(`${index}.pem`)));
    return { pems, key: await text(`${links.length - 1}.key`) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
