import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { explainTls } from "../../../../src/agent/sync/network/tls-codes.ts";
import { type TestCertificates, testCertificates } from "../../../support/certificates.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await testCertificates();
});

async function listening<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    return await use(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    server.close();
  }
}

async function outcomeWith(server: Server, caPem: string, deadlineMs?: number) {
  return await listening(server, async (port) => {
    const options = { caPem, ...(deadlineMs !== undefined && { deadlineMs }) };
    await using client = testClient(`https://localhost:${port}`, options);
    return await client.sync(SYNC_REQUEST, NEVER);
  });
}

const tlsServer = (options: TlsOptions) => {
  const server = createTlsServer(options, (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  return server;
};

describe("a TLS server", () => {
  const WEAK = "DEFAULT@SECLEVEL=0";
  it.for<[name: string, options: TlsOptions, detail: RegExp]>([
    [
      "of another age",
      { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: WEAK },
      /no version of TLS in common/,
    ],
    [
      "without a cipher in common",
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" },
      /refused the TLS handshake: no cipher in common/,
    ],
    [
      "that closes for want of a certificate",
      { requestCert: true, rejectUnauthorized: true },
      /closed the connection/,
    ],
    [
      "that does not know the name",
      { SNICallback: (_name, done) => done(new Error("unknown")) },
      /closed the connection/,
    ],
    ["of another protocol", { ALPNCallback: () => undefined }, /does not speak HTTP\/1\.1 over TLS/],
  ])("%s", async ([_name, options, detail]) => {
    const outcome = await outcomeWith(tlsServer({ ...certificates.good, ...options }), certificates.caPem);
    expect(outcome).toMatchObject({ kind: "unreachable", detail: expect.stringMatching(detail) });
  });

  it("that never ends the handshake", async () => {
    const sockets: { destroy(): void }[] = [];
    const silent = createTcpServer((socket) => void sockets.push(socket.on("error", () => {})));
    const outcome = await outcomeWith(silent, certificates.caPem, 20_000);
    for (const socket of sockets) {
      socket.destroy();
    }
    expect(outcome).toMatchObject({
      cause: "tls-other",
      detail: expect.stringMatching(/^the TLS handshake with localhost:\d+ did not finish in 5 s \(/),
      remedy: expect.stringContaining("MTU"),
    });
  });
});

describe("name constraints", () => {
  it.for([
    ["permitted;DNS:example.com", /name constraints: not permitted/],
    ["excluded;DNS:localhost", /name constraints: excluded/],
  ] as const)("%s", async ([constraint, detail]) => {
    const { ca, ...certificate } = constrained(constraint);
    const outcome = await outcomeWith(tlsServer(certificate), ca);
    expect(outcome).toMatchObject({
      cause: "tls-other",
      detail: expect.stringMatching(detail),
      remedy: expect.stringContaining("an authority that may"),
    });
  });
});

/** An authority with these constraints, and what it signed for localhost all the same. */
function constrained(constraint: string) {
  const folder = mkdtempSync(join(tmpdir(), "constrained-"));
  const openssl = (...args: readonly string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  try {
    const extensions = ["-addext", `nameConstraints=critical,${constraint}`];
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-subj",
      "/CN=Narrow",
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      ...extensions,
    );
    openssl("req", "-new", ...newKey.slice(0, 5), "-subj", "/CN=x", "-keyout", "own.key", "-out", "own.csr");
    writeFileSync(join(folder, "own.ext"), "subjectAltName=DNS:localhost\n");
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", "own.csr", ...signed, "-extfile", "own.ext", "-out", "own.pem");
    const [ca = "", cert = "", key = ""] = ["ca.pem", "own.pem", "own.key"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    return { ca, cert, key };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("each code says what, and what to do", () => {
  const ALERTS =
    "handshake_failure protocol_version unrecognized_name certificate_required bad_certificate unknown_ca inappropriate_fallback no_application_protocol decrypt_error internal_error insufficient_security access_denied certificate_expired certificate_revoked certificate_unknown unsupported_certificate illegal_parameter decode_error record_overflow bad_record_mac unexpected_message user_cancelled missing_extension unsupported_extension unknown_psk_identity no_certificate";
  const VERIFY =
    "CERT_REVOKED CERT_REJECTED CERT_SIGNATURE_FAILURE CERT_CHAIN_TOO_LONG INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE UNABLE_TO_DECRYPT_CERT_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CERT_NOT_AFTER_FIELD HOSTNAME_MISMATCH";
  const codes = [
    ...ALERTS.split(" ").flatMap((alert) =>
      ["SSLV3_ALERT", "TLSV1_ALERT", "TLSV13_ALERT", "TLSV1", "SSL/TLS_ALERT"].map(
        (dress) => `ERR_SSL_${dress}_${alert.toUpperCase()}`,
      ),
    ),
    ...VERIFY.split(" "),
  ];

  it.for(codes)("%s", (code) => {
    const explained = explainTls(code, "");
    expect(explained?.detail("cp:443")).toMatch(/cp:443 \w+/);
    expect(explained?.remedy.length).toBeGreaterThan(20);
  });

  it.for([
    "permitted subtree violation",
    "excluded subtree violation",
    "unsupported name constraint type",
    "CA md too weak",
    "EE certificate key too weak",
    "unhandled critical extension",
    "unsuitable certificate purpose",
  ])("UNSPECIFIED: %s", (message) => expect(explainTls("UNSPECIFIED", message)?.remedy).toBeTruthy());

  it("what is no TLS code is not explained", () => {
    for (const code of [
      "ECONNRESET",
      "HANDSHAKE_FAILURE",
      "constructor",
      "ERR_SSL_constructor",
      "UNSPECIFIED",
    ]) {
      expect(explainTls(code, "something else")).toBeUndefined();
    }
  });
});
