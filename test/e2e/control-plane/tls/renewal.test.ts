import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTlsPair } from "../../../../src/control-plane/http/tls/tls-pair.ts";
import { TlsRenewal } from "../../../../src/control-plane/http/tls/tls-renewal.ts";
import { createLog } from "../../../../src/control-plane/log/log.ts";
import type { Certificate } from "../../../support/certificates.ts";
import { clockOf, tlsScene } from "../../../support/control-plane/tls-scene.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const TEN_YEARS_MS = 10 * 365.25 * 24 * 3600 * 1000;

/** RSA with 512 bits. */
function weakPair(): Certificate {
  const folder = tempDir();
  const files = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=x", ...files], {
    stdio: "ignore",
  });
  return { cert: readFileSync(join(folder, "cert"), "utf8"), key: readFileSync(join(folder, "key"), "utf8") };
}

describe("a renewed certificate", () => {
  it("is used by itself, and said once", async () => {
    const { renewed, put, used, lines, renewal } = await tlsScene();
    renewal.look();
    expect(used).toEqual([]);
    put(renewed);
    renewal.look();
    renewal.look();
    expect(used).toEqual([renewed.cert]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^<6>tls\.renewed: New connections get the renewed certificate.*valid until 20/);
  });

  it("is used when a link leads to another folder", async () => {
    const { renewed, good, folder, lines, clock } = await tlsScene();
    const live = { certPath: join(folder, "live/cp.pem"), keyPath: join(folder, "live/cp.key") };
    for (const [name, { cert, key }] of Object.entries({ one: good, two: renewed })) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "cp.pem"), cert);
      writeFileSync(join(folder, name, "cp.key"), key);
    }
    symlinkSync("one", join(folder, "live"));
    const used: string[] = [];
    const { logger } = createLog(
      { level: "info", format: "journal" },
      { write: (line) => void lines.push(line) },
    );
    const renewal = new TlsRenewal(readTlsPair(live), {
      use: ({ cert }) => used.push(cert),
      paths: live,
      publicHost: undefined,
      logger,
      clock: clockOf(clock),
    });
    renewal.stop();
    symlinkSync("two", join(folder, "new"));
    renameSync(join(folder, "new"), join(folder, "live"));
    renewal.look();
    expect(used).toEqual([renewed.cert]);
  });

  it("waits for its key: the old pair stays, and a mismatch is said only after ten seconds", async () => {
    const { renewed, paths, used, lines, clock, renewal } = await tlsScene();
    writeFileSync(paths.certPath, renewed.cert);
    renewal.look();
    clock.now = 9000;
    renewal.look();
    expect({ used, lines }).toEqual({ used: [], lines: [] });
    clock.now = 11_000;
    renewal.look();
    renewal.look();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^<3>tls\.unusable: The previous certificate stays in use: TLS_KEY .* is not the key of/,
    );
    writeFileSync(paths.keyPath, renewed.key);
    renewal.look();
    expect(used).toEqual([renewed.cert]);
    expect(lines.at(-1)).toMatch(/tls\.renewed/);
  });

  it("that has expired does not replace one that is valid, until that one expires", async () => {
    const { expired, renewed, put, used, lines, clock, renewal } = await tlsScene();
    put(expired);
    renewal.look();
    clock.now = 11_000;
    renewal.look();
    expect(used).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^<3>tls\.unusable: The previous certificate stays in use: the new certificate in TLS_CERT \S+ expired at 2021-12-31 .*clock says/,
    );
    put(renewed);
    renewal.look();
    expect(used).toEqual([renewed.cert]);
    clock.now = TEN_YEARS_MS;
    renewal.look();
    renewal.look();
    expect(lines.filter((line) => line.startsWith("<3>tls.expired: "))).toHaveLength(1);
    put(expired);
    renewal.look();
    expect(used).toEqual([renewed.cert, expired.cert]);
  });

  it("is judged at once when a person asks", async () => {
    const { paths, lines, renewal } = await tlsScene();
    renewal.reload();
    expect(lines.at(-1)).toMatch(/is the one in use, valid until/);
    writeFileSync(paths.keyPath, "");
    renewal.reload();
    expect(lines.at(-1)).toMatch(/<3>tls\.unusable: .*holds no private key in PEM \(it is empty\)/);
    const { length } = lines;
    renewal.look();
    expect(lines).toHaveLength(length);
    // A person who asks again gets an answer again.
    renewal.reload();
    expect(lines).toHaveLength(length + 1);
    expect(lines.at(-1)).toBe(lines.at(-2));
  });
});

describe("a pair that cannot be used", () => {
  it("is named in words", async () => {
    const { good, paths } = await tlsScene();
    const said = (cert: string, key: string) => {
      writeFileSync(paths.certPath, cert);
      writeFileSync(paths.keyPath, key);
      return () => readTlsPair(paths);
    };
    expect(said(good.key, good.cert)).toThrow(
      /TLS_CERT .* holds a private key, and TLS_KEY .* a certificate. Fix: swap/,
    );
    expect(said("hello", good.key)).toThrow(/holds no certificate in PEM \(it is another kind of text\)/);
    expect(said(good.cert, good.cert)).toThrow(/holds no private key in PEM \(it has CERTIFICATE\)/);
    const encrypted = execFileSync("openssl", ["pkey", "-aes256", "-passout", "pass:x"], { input: good.key });
    expect(said(good.cert, encrypted.toString())).toThrow(
      /is encrypted with a passphrase.*\nsudo openssl pkey -in \S+ -out \S+\.plain/,
    );
    const cut = `${good.cert.slice(0, 200)}\n-----END CERTIFICATE-----\n`;
    expect(said(cut, good.key)).toThrow(
      /certificate 1 of 1 in TLS_CERT .* cannot be read: .*Fix: copy it again/,
    );
    expect(said(`${good.cert}${cut}`, good.key)).toThrow(/certificate 2 of 2 in TLS_CERT /);
    const weak = weakPair();
    expect(said(weak.cert, weak.key)).toThrow(/key too small\. Fix: have a pair made with a key of P-256/);
    chmodSync(paths.certPath, 0o600);
    expect(() => readTlsPair({ ...paths, certPath: "/nonexistent/cp.pem" })).toThrow(
      /cannot read TLS_CERT \/nonexistent\/cp\.pem: it does not exist/,
    );
  });

  it("is named in words if it is cut off, too large, or no regular file", async () => {
    const { good, folder, paths } = await tlsScene();
    const said = (key: string) => () => readTlsPair({ ...paths, keyPath: join(folder, key) });
    writeFileSync(join(folder, "cut.key"), good.key.slice(0, 100));
    expect(said("cut.key")).toThrow(/cannot be read as a private key: .*Fix: copy it again, from its first/);
    writeFileSync(join(folder, "large.key"), good.key + "\n".repeat(1024 * 1024));
    expect(said("large.key")).toThrow(/cannot read TLS_KEY \S+large\.key: it is larger than 1 MiB/);
    execFileSync("mkfifo", [join(folder, "pipe.key")]);
    expect(said("pipe.key")).toThrow(/TLS_KEY \S+pipe\.key: it is not a regular file\. A pipe/);
    symlinkSync("/dev/zero", join(folder, "device.key"));
    expect(said("device.key")).toThrow(/it is not a regular file\. A pipe or a device/);
    symlinkSync("gone.key", join(folder, "link.key"));
    expect(said("link.key")).toThrow(/link\.key: it is a link to a file that does not exist/);
    expect(said(".")).toThrow(/it is a folder\. Fix: name the file in it/);
  });

  it.each(["cert", "key"] as const)(
    "of which the %s is DER gets the command that converts it",
    async (which) => {
      const { good, paths } = await tlsScene();
      const path = which === "cert" ? paths.certPath : paths.keyPath;
      const tool = which === "cert" ? "x509" : "pkey";
      writeFileSync(path, execFileSync("openssl", [tool, "-outform", "DER"], { input: good[which] }));
      let said = "";
      try {
        readTlsPair(paths);
      } catch (error) {
        said = String(error);
      }
      const [, command = "false"] = /\nsudo (openssl .*)$/u.exec(said) ?? [];
      execFileSync("sh", ["-c", command], { stdio: "pipe" });
      expect(readTlsPair({ ...paths, [`${which}Path`]: `${path}.pem` }).validTo).toBeGreaterThan(0);
    },
  );
});
