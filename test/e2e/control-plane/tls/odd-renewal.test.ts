import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TlsProblem } from "../../../../src/control-plane/http/tls/tls-file.ts";
import { readTlsPair, type TlsPaths } from "../../../../src/control-plane/http/tls/tls-pair.ts";
import { TlsRenewal } from "../../../../src/control-plane/http/tls/tls-renewal.ts";
import { createLog } from "../../../../src/control-plane/log/log.ts";
import {
  AUTHORITY,
  type CertificateChain,
  certificateChain,
  SERVER,
} from "../../../support/certificate-chain.ts";
import type { Certificate } from "../../../support/certificates.ts";
import { clockOf, tlsScene } from "../../../support/control-plane/tls-scene.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const LATE_MS = 11_000;

/** Self-signed, for these names: `DNS:cp.example.com,IP:192.0.2.7`. */
function pairFor(names: string): Certificate {
  const folder = tempDir();
  const files = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")];
  const more = names === "" ? [] : ["-addext", `subjectAltName=${names}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-subj", "/CN=cp", ...files, ...more], {
    stdio: "ignore",
  });
  return { cert: readFileSync(join(folder, "cert"), "utf8"), key: readFileSync(join(folder, "key"), "utf8") };
}

/** The renewal of a control plane that starts with `pair`. */
async function startedWith(pair: Certificate, publicHost?: string) {
  const scene = await tlsScene();
  scene.put(pair);
  // Later than any certificate that the test makes.
  scene.clock.wallAtStart += 3_600_000;
  const { logger } = createLog(
    { level: "info", format: "journal" },
    { write: (line) => void scene.lines.push(line) },
  );
  const { paths, clock, used } = scene;
  const use = ({ cert }: Certificate) => void used.push(cert);
  const renewal = new TlsRenewal(readTlsPair(paths), {
    use,
    paths,
    publicHost,
    logger,
    clock: clockOf(clock),
  });
  renewal.stop();
  return { ...scene, renewal };
}

describe("a new certificate that is not valid now", () => {
  it.each(["expired", "notYetValid"] as const)(
    "(%s) is refused in one line, however long it lasts",
    async (which) => {
      const scene = await tlsScene();
      const { put, renewal, clock, used, lines } = scene;
      put(scene[which]);
      for (clock.now = 0; clock.now < 10 * LATE_MS; clock.now += 1000) {
        renewal.look();
      }
      expect(used).toEqual([]);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(
        /<3>tls\.unusable: The previous certificate stays in use: the new certificate in TLS_CERT \S+ (?:expired at|is not valid before) 20/,
      );
    },
  );

  it("is used once its time has come", async () => {
    const { put, notYetValid, renewal, clock, used, lines } = await startedWith(pairFor("DNS:localhost"));
    put(notYetValid);
    renewal.look();
    clock.now = LATE_MS;
    renewal.look();
    expect(used).toEqual([]);
    // The previous one has expired by then.
    clock.wallAtStart = Date.UTC(2090, 5);
    renewal.look();
    expect(used).toEqual([notYetValid.cert]);
    expect(lines.at(-1)).toMatch(/<6>tls\.renewed: /);
  });

  it("is served at a start, and said to be refused", async () => {
    const { lines, notYetValid } = await tlsScene();
    expect(lines).toEqual([]);
    const early = await startedWith(notYetValid);
    early.renewal.look();
    expect(early.lines).toHaveLength(1);
    expect(early.lines[0]).toMatch(
      /^<3>tls\.not-yet-valid: The certificate in TLS_CERT is not valid before 2090-01-01 .*so executors and browsers refuse it\. Fix: replace it, or set this host's clock/,
    );
    early.clock.wallAtStart = Date.UTC(2092, 1);
    early.renewal.look();
    early.renewal.look();
    expect(early.lines).toHaveLength(2);
    expect(early.lines[1]).toMatch(/^<3>tls\.expired: /);
    early.put(early.good);
    early.renewal.look();
    expect(early.used).toEqual([early.good.cert]);
  });
});

it("a certificate that ends within a week is said once, before it has expired", async () => {
  const pair = pairFor("DNS:localhost");
  const { lines, renewal, clock } = await startedWith(pair);
  expect(lines).toEqual([]);
  const end = new X509Certificate(pair.cert).validToDate.getTime();
  const DAY_MS = 24 * 3600 * 1000;
  for (const [leftMs, count] of [
    [8 * DAY_MS, 0],
    [2 * DAY_MS, 1],
    [DAY_MS, 1],
    [-DAY_MS, 2],
  ] as const) {
    clock.wallAtStart = end - leftMs;
    renewal.look();
    expect(lines).toHaveLength(count);
  }
  expect(lines[0]).toMatch(
    /^<4>tls\.expires-soon: The certificate in TLS_CERT expires at 20.* Fix: renew it/,
  );
  expect(lines[1]).toMatch(/^<3>tls\.expired: /);
});

describe("a new certificate for other names", () => {
  it.each<[name: string, before: string, after: string, publicHost: string | undefined, words: RegExp]>([
    [
      "none of the previous",
      "DNS:cp.test,IP:192.0.2.7",
      "DNS:x.test",
      undefined,
      /is for x\.test, and not for cp\.test, 192\.0\.2\.7/,
    ],
    ["no name at all", "DNS:cp.test", "", undefined, /is for no name, and not for cp\.test/],
    [
      "not that of the page",
      "DNS:cp.test,DNS:b.test",
      "DNS:b.test",
      "cp.test",
      /is for b\.test, and not for cp\.test/,
    ],
    [
      "not the address of the page",
      "IP:2001:db8::1,DNS:b.test",
      "DNS:b.test",
      "2001:db8::1",
      /and not for 2001:db8::1/,
    ],
    [
      "a wildcard that is a level too high",
      "DNS:cp.a.test",
      "DNS:*.test",
      undefined,
      /is for \*\.test, and not for cp\.a\.test/,
    ],
    ["one of what a wildcard had", "DNS:*.a.test", "DNS:cp.a.test", "b.a.test", /and not for b\.a\.test/],
  ])("(%s) does not replace the previous one", async (_name, before, after, publicHost, words) => {
    const { put, renewal, clock, used, lines } = await startedWith(pairFor(before), publicHost);
    put(pairFor(after));
    renewal.look();
    clock.now = LATE_MS;
    renewal.look();
    renewal.look();
    expect(used).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^<3>tls\.unusable: The previous certificate stays in use: the new /);
    expect(lines[0]).toMatch(words);
    expect(lines[0]).toMatch(/restart the control plane, which uses the files as they are$/m);
  });

  it.each<
    [name: string, before: string, after: string, publicHost: string | undefined, lost: string | undefined]
  >([
    ["the same", "DNS:cp.test", "DNS:cp.test", "cp.test", undefined],
    ["more", "DNS:cp.test", "DNS:b.test,DNS:cp.test", "cp.test", undefined],
    ["a wildcard instead", "DNS:cp.a.test,DNS:b.a.test", "DNS:*.a.test", "cp.a.test", undefined],
    ["fewer", "DNS:cp.test,DNS:b.test,IP:192.0.2.7", "DNS:cp.test", "cp.test", "b.test, 192.0.2.7"],
    ["a page with a certificate of its own", "DNS:cp.test,DNS:b.test", "DNS:cp.test", "page.test", "b.test"],
    ["the previous one had none", "", "DNS:cp.test", "cp.test", undefined],
  ])("(%s) is used, and lost names are said", async (_name, before, after, publicHost, lost) => {
    const { put, renewal, used, lines } = await startedWith(pairFor(before), publicHost);
    const next = pairFor(after);
    put(next);
    renewal.look();
    expect(used).toEqual([next.cert]);
    expect(lines[0]).toMatch(/^<6>tls\.renewed: /);
    expect(lines.slice(1).join()).toBe(
      lost === undefined
        ? ""
        : `<4>tls.odd: The certificate in TLS_CERT is no longer for ${lost}. Executors and browsers that use that name refuse it.\n`,
    );
  });

  it("replaces one that has expired", async () => {
    const { expired } = await tlsScene();
    const { put, renewal, used } = await startedWith(expired);
    const next = pairFor("DNS:x.test");
    put(next);
    renewal.look();
    expect(used).toEqual([next.cert]);
  });
});

/** What people read of files that are no pair. */
function explained(paths: TlsPaths): string {
  try {
    readTlsPair(paths);
    return "a pair";
  } catch (error) {
    return error instanceof TlsProblem ? error.explained() : String(error);
  }
}

describe("a chain", () => {
  it("that begins with another certificate is refused, with the place of the right one", async () => {
    const { good, renewed, caPem, paths } = await tlsScene();
    writeFileSync(paths.certPath, `${caPem}${renewed.cert}${good.cert}`);
    expect(() => readTlsPair(paths)).toThrow(
      /is not the key of the first certificate in TLS_CERT \S+ \(CN=Test authority\), but of number 3 of 3\. Fix: put that one first/,
    );
    writeFileSync(paths.certPath, `${caPem}${renewed.cert}`);
    expect(explained(paths)).toMatch(/nor of another one in it\. Fix: use two files that were made together/);
  });

  it.each([
    ["the certificate of that key, ", "cp.pem", (pair: Certificate) => pair.cert],
    ["the key of that certificate", "cp.key", (pair: Certificate) => pair.key],
  ] as const)("of another key has the file beside it named that has %s", async (what, name, textOf) => {
    const { good, renewed, paths, folder, put } = await tlsScene();
    const isKey = name === "cp.key";
    put({ cert: isKey ? good.cert : renewed.cert, key: isKey ? renewed.key : good.key });
    writeFileSync(join(folder, "a.txt"), "-----BEGIN CERTIFICATE-----\nno PRIVATE KEY-----");
    writeFileSync(join(folder, `${name}.0`), textOf(renewed));
    writeFileSync(join(folder, `${name}.1`), textOf(good));
    const message = explained(paths);
    expect(message).toContain(`Fix: ${folder}/${name}.1 has ${what}`);
    const commands = message.split("\n").slice(1);
    expect(commands).toEqual([
      `sudo cp -abL ${folder}/${name} ${folder}/${name}.old`,
      `sudo cp ${folder}/${name}.1 ${folder}/${name}`,
    ]);
    execFileSync("sh", ["-c", commands.join("\n").replaceAll("sudo ", "")]);
    expect(readTlsPair(paths).cert).toBe(good.cert);
  });

  it("of another key gets what was put aside back only if nothing newer fits", async () => {
    const { good, renewed, paths, folder, put } = await tlsScene();
    put({ cert: renewed.cert, key: good.key });
    writeFileSync(join(folder, "cp.pem.old"), good.cert);
    expect(explained(paths)).toContain(`Fix: ${folder}/cp.pem.old has the certificate of that key, `);
    writeFileSync(join(folder, "z.key"), renewed.key);
    expect(explained(paths)).toContain(`Fix: ${folder}/z.key has the key of that certificate`);
    writeFileSync(join(folder, "z.pem"), good.cert);
    expect(explained(paths)).toContain(`Fix: ${folder}/z.pem has the certificate of that key, `);
  });

  it("of another key is the same problem, whatever lies beside it", async () => {
    const { good, renewed, paths, folder, put } = await tlsScene();
    put({ cert: renewed.cert, key: good.key });
    const topic = () => {
      try {
        readTlsPair(paths);
      } catch (error) {
        return error instanceof TlsProblem ? error.topic : "";
      }
      return "";
    };
    const before = topic();
    writeFileSync(join(folder, "cp.pem.1"), good.cert);
    writeFileSync(join(folder, "cp.pem.0\u202e;id"), good.cert);
    expect(topic()).toBe(before);
    expect(before).not.toBe("");
    expect(explained(paths)).toContain("cp.pem.1 has the certificate");
  });

  it.each([
    [
      "expired",
      /has the certificate of that key, newer than the present one \(valid from \d{4}-\S+ \S+ UTC to /,
    ],
    ["notYetValid", /has the certificate of that key, valid from \d{4}-\S+ \S+ UTC to /],
  ] as const)("of another key, %s, has the validity of the right one said", async (which, words) => {
    const { good, paths, folder, put, ...others } = await tlsScene();
    put({ cert: others[which].cert, key: good.key });
    writeFileSync(join(folder, "cp.pem.1"), good.cert);
    expect(explained(paths)).toMatch(words);
  });

  it("of another key is helped by no certificate that is not valid now", async () => {
    const { good, expired, paths, folder, put } = await tlsScene();
    put({ cert: good.cert, key: expired.key });
    writeFileSync(join(folder, "cp.pem.1"), expired.cert);
    expect(explained(paths)).toMatch(/\. Fix: use two files that were made together: /);
  });

  it("with its issuer behind it is used, and one in the wrong order is used and said", async () => {
    const { good, renewed, caPem, paths, renewal, used, lines } = await tlsScene();
    writeFileSync(paths.certPath, `${good.cert}${caPem}`);
    renewal.look();
    expect(used).toHaveLength(1);
    expect(lines.filter((line) => line.includes("tls.odd"))).toEqual([]);
    writeFileSync(paths.certPath, `${good.cert}${renewed.cert}${caPem}`);
    renewal.look();
    expect(used).toHaveLength(2);
    expect(lines.at(-1)).toMatch(
      /^<4>tls\.odd: Some clients refuse the chain in TLS_CERT \S+: certificate 2 of 3 \(CN=localhost\) did not issue the one before it\. Fix: put/,
    );
  });
});

describe("a file with the server's own certificate alone", () => {
  const ISSUER = "authorityInfoAccess=caIssuers;URI:http://ca.example.com/issuer.crt";
  const OCSP = "authorityInfoAccess=OCSP;URI:http://ca.example.com/ocsp";
  const linked = (...own: readonly string[]) =>
    certificateChain([
      { name: "root", extensions: [AUTHORITY] },
      { name: "issuing", extensions: [AUTHORITY] },
      { name: "server", extensions: [...SERVER, ...own] },
    ]);
  const saidOf = async ({ pems, key }: CertificateChain, ...files: readonly number[]) => {
    const cert = files.map((index) => pems.at(index)).join("");
    const { lines } = await startedWith({ cert, key });
    return lines.filter((line) => !line.includes("tls.expires-soon")).join("");
  };

  it("is said if its issuer has an address, at the start and after a change", async () => {
    const chain = await linked(ISSUER);
    const odd =
      /^<4>tls\.odd: Some clients refuse the chain in TLS_CERT \S+: it has only the server's own certificate, and not that of its issuer \(CN=issuing\), .* Fix: name the file with the whole chain, mostly fullchain\.pem/u;
    expect(await saidOf(chain, -1)).toMatch(odd);
    const { put, renewal, lines } = await startedWith({ cert: chain.pems.at(-1) ?? "", key: chain.key });
    put({ cert: `${chain.pems.at(-1)}${chain.pems.at(-2)}`, key: chain.key });
    renewal.look();
    expect(lines.at(-1)).toMatch(/^<6>tls\.renewed: /);
    put({ cert: chain.pems.at(-1) ?? "", key: chain.key });
    renewal.look();
    expect(lines.at(-1)).toMatch(odd);
  });

  it("is not said if an issuer is there, or nobody knows whether one is missing", async () => {
    const chain = await linked(ISSUER);
    expect(await saidOf(chain, -1, -2)).toBe("");
    expect(await saidOf(await linked(), -1)).toBe("");
    expect(await saidOf(await linked(OCSP), -1)).toBe("");
    const own = await certificateChain([{ name: "own", extensions: [...SERVER, ISSUER] }]);
    expect(await saidOf(own, -1)).toBe("");
  });
});

describe("a file", () => {
  it.each(["certPath", "keyPath"] as const)(
    "(%s) that is empty or gone is said, and its return is used",
    async (which) => {
      const { paths, put, renewed, renewal, clock, used, lines } = await tlsScene();
      writeFileSync(paths[which], "");
      renewal.look();
      clock.now = LATE_MS;
      renewal.look();
      expect(lines.at(-1)).toMatch(
        /<3>tls\.unusable: .*holds no (?:certificate|private key) in PEM \(it is empty\)/,
      );
      rmSync(paths[which]);
      renewal.look();
      renewal.look();
      expect(lines).toHaveLength(2);
      expect(lines.at(-1)).toMatch(/<3>tls\.unusable: .*it does not exist\. Fix: correct the path/);
      put(renewed);
      renewal.look();
      expect(used).toEqual([renewed.cert]);
    },
  );

  it("with a key that every user may read is used, with the command that closes it", async () => {
    const { paths, put, renewed, renewal, used, lines } = await tlsScene();
    put(renewed);
    chmodSync(paths.keyPath, 0o644);
    renewal.look();
    expect(used).toEqual([renewed.cert]);
    expect(lines.at(-1)).toMatch(/<4>tls\.odd: Every user of this host may read the private key in TLS_KEY/);
    const command = /^<4> +sudo (chmod o-r \S+)/m.exec(lines.at(-1) ?? "")?.[1] ?? "false";
    execFileSync("sh", ["-c", command]);
    renewal.reload();
    expect(lines.at(-1)).toMatch(/<6>tls\.renewed: .*is the one in use/);
  });
});
