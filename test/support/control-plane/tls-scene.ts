import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTlsPair } from "../../../src/control-plane/http/tls/tls-pair.ts";
import { TlsRenewal } from "../../../src/control-plane/http/tls/tls-renewal.ts";
import { createLog } from "../../../src/control-plane/log/log.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { type Certificate, testCertificates } from "../certificates.ts";
import { tempDir } from "../temp-dir.ts";

export function clockOf(set: { readonly now: number; readonly wallAtStart: number }): Clock {
  const wall = (at: number) => set.wallAtStart + at;
  return { now: () => set.now, wall, fromWall: (at) => at - set.wallAtStart };
}

/** A renewal with the pair `good`, its files and its log. `renewed` has the same names. */
export async function tlsScene(publicHost?: string) {
  const certificates = await testCertificates();
  const { good } = certificates;
  const folder = tempDir();
  const paths = { certPath: join(folder, "cp.pem"), keyPath: join(folder, "cp.key") };
  const put = ({ cert, key }: Certificate) => {
    writeFileSync(paths.certPath, cert);
    writeFileSync(paths.keyPath, key, { mode: 0o600 });
  };
  put(good);
  const lines: string[] = [];
  const clock = { now: 0, wallAtStart: Date.now() };
  const used: string[] = [];
  const { logger } = createLog(
    { level: "info", format: "journal" },
    { write: (line) => void lines.push(line) },
  );
  const renewal = new TlsRenewal(readTlsPair(paths), {
    use: ({ cert }) => used.push(cert),
    paths,
    publicHost,
    logger,
    clock: clockOf(clock),
  });
  renewal.stop();
  const renewed = certificates.selfSigned;
  return { ...certificates, renewed, folder, paths, put, lines, clock, used, renewal };
}
