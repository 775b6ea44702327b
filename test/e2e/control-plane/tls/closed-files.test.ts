import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NOBODY } from "../../../support/agent/command.ts";
import { testCertificates } from "../../../support/certificates.ts";
import { lacks } from "../../../support/requires.ts";
import { rootOnlyDir } from "../../../support/temp-dir.ts";

const PAIR = new URL("../../../../src/control-plane/http/tls/tls-pair.ts", import.meta.url).href;
/** Reads a pair as the service's user does. */
const READER = `
  import { readTlsPair } from "${PAIR}";
  const [certPath, keyPath, uid] = process.argv.slice(1);
  process.setgroups([]); process.setgid(Number(uid)); process.setuid(Number(uid));
  try { readTlsPair({ certPath, keyPath }); console.log("read"); }
  catch (error) { console.log(error.message); }
`;

function readAs(uid: number, { cert, key }: { readonly cert: string; readonly key: string }): string {
  const words = ["--input-type=module", "-e", READER, cert, key, String(uid)];
  return execFileSync(process.execPath, words, { encoding: "utf8" });
}

/** A pair of root's that every user may read, in a folder that every user may enter. */
async function pair() {
  const folder = rootOnlyDir();
  chmodSync(folder, 0o755);
  const paths = { cert: join(folder, "cp.pem"), key: join(folder, "cp.key") };
  const { good } = await testCertificates();
  writeFileSync(paths.cert, good.cert);
  writeFileSync(paths.key, good.key, { mode: 0o644 });
  return { folder, paths, good };
}

type Paths = Awaited<ReturnType<typeof pair>>;

describe.skipIf(lacks("root", process.geteuid?.() === 0))("a pair that the service may not read", () => {
  it("has both files opened at once", async () => {
    const { paths } = await pair();
    chmodSync(paths.cert, 0o600);
    chmodSync(paths.key, 0o600);
    const said = readAs(NOBODY, paths);
    expect(said).toMatch(/^cannot read TLS_CERT .* belongs to .*, nor TLS_KEY .* belongs to .* Fix: let/u);
    const commands = said.trimEnd().split("\n").slice(1);
    expect(commands).toHaveLength(2);
    execFileSync("sh", ["-c", commands.join("\n").replaceAll("sudo ", "")]);
    expect(readAs(NOBODY, paths)).toBe("read\n");
  });

  it.each<[what: string, close: (scene: Paths) => string]>([
    [
      "a key of root's alone",
      ({ paths }) => {
        chmodSync(paths.key, 0o600);
        return paths.key;
      },
    ],
    [
      "a certificate of root's alone",
      ({ paths }) => {
        chmodSync(paths.cert, 0o640);
        return paths.cert;
      },
    ],
    [
      "a key of a user that this host does not know",
      ({ paths }) => {
        chownSync(paths.key, 54_321, 54_321);
        chmodSync(paths.key, 0o440);
        return paths.key;
      },
    ],
    [
      "a key in a folder that only root enters",
      ({ folder, paths, good }) => {
        const own = join(folder, "private");
        mkdirSync(own, { mode: 0o700 });
        paths.key = join(own, "cp.key");
        writeFileSync(paths.key, good.key, { mode: 0o644 });
        return own;
      },
    ],
    [
      "a link to a key in a folder of an ACME client",
      ({ folder, paths, good }) => {
        const archive = join(folder, "archive");
        mkdirSync(archive, { mode: 0o700 });
        writeFileSync(join(archive, "privkey1.pem"), good.key, { mode: 0o644 });
        paths.key = join(folder, "privkey.pem");
        symlinkSync("archive/privkey1.pem", paths.key);
        return archive;
      },
    ],
  ])("%s is named with its owner, and the command opens it", async (_what, close) => {
    const scene = await pair();
    expect(readAs(NOBODY, scene.paths)).toBe("read\n");
    const closed = close(scene);
    const said = readAs(NOBODY, scene.paths);
    expect(said).toMatch(/^cannot read TLS_(?:CERT|KEY) /u);
    expect(said).toContain(`${closed} belongs to `);
    expect(said).toMatch(/, so user nobody \(uid \d+\) may not (?:read|enter) it/u);
    const [, command = "false"] = /Fix: .*\n(sudo .*)/u.exec(said) ?? [];
    execFileSync("sh", ["-ec", command.replaceAll("sudo ", "")]);
    expect(readAs(NOBODY, scene.paths)).toBe("read\n");
  });
});
