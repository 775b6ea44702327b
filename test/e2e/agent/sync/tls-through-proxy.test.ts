import { beforeAll, describe, expect, it } from "vitest";
import { type FaultyServer, startFaultyServer } from "../../../support/agent/faulty-server.ts";
import { startTestProxy } from "../../../support/agent/test-proxy.ts";
import { AUTHORITY, type CertificateChain, certificateChain } from "../../../support/certificate-chain.ts";
import { type TestCertificates, testCertificates } from "../../../support/certificates.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";

/** Only the proxy reaches it: all its tunnels end at the server of the test. */
const BEHIND = "cp.example.com:443";
const NAMES = "subjectAltName=DNS:localhost,DNS:cp.example.com";
const LEAF = { name: "localhost", extensions: [NAMES, "extendedKeyUsage=serverAuth"] };

interface Case {
  readonly sent: (made: Made) => { readonly cert: string; readonly key: string };
  readonly trusted: (made: Made) => string | undefined;
  readonly says: RegExp;
}

interface Made {
  readonly chain: CertificateChain;
  readonly mute: CertificateChain;
  readonly client: CertificateChain;
  readonly certificates: TestCertificates;
}

let made: Made;
beforeAll(async () => {
  const root = { name: "Root", extensions: [AUTHORITY] };
  made = {
    certificates: await testCertificates(),
    chain: await certificateChain([root, { name: "Middle", extensions: [AUTHORITY] }, LEAF]),
    mute: await certificateChain([root, { name: "No CA", extensions: ["basicConstraints=CA:false"] }, LEAF]),
    client: await certificateChain([root, { ...LEAF, extensions: [NAMES, "extendedKeyUsage=clientAuth"] }]),
  };
});

/** What the agent says of a server, asked directly and through a proxy. */
async function outcomes(tls: { readonly cert: string; readonly key: string }, caPem: string | undefined) {
  await using server = await startFaultyServer({ tls });
  await using proxy = await startTestProxy({ targetPort: server.port });
  await using direct = testClient(server.url, { caPem });
  await using proxied = testClient(`https://${BEHIND}`, { caPem, proxy: `http://${proxy.address}` });
  const hidden = (text: string | undefined) =>
    (text ?? "")
      .replace(/clock says \d\S+Z/, "clock says NOW")
      .replaceAll(BEHIND, "SERVER")
      .replaceAll(new URL(server.url).host, "SERVER");
  const read = async (client: typeof direct) => {
    const outcome = await client.sync(SYNC_REQUEST, NEVER);
    if (outcome?.kind !== "unreachable") {
      throw new Error(`it is ${outcome?.kind}`);
    }
    const { cause, detail, remedy } = outcome;
    return { cause, detail: hidden(detail), remedy: hidden(remedy), certificate: client.certificate() };
  };
  return { direct: await read(direct), proxied: await read(proxied), proxy: proxy.address, server };
}

const pick = ({ pems, key }: CertificateChain, ...indexes: readonly number[]) => ({
  cert: indexes.map((index) => pems[index] ?? "").join(""),
  key,
});

describe("through a proxy, as without one, is named", () => {
  it.each<readonly [string, Case]>([
    [
      "a chain without its intermediate",
      {
        sent: ({ chain }) => pick(chain, 2),
        trusted: ({ chain }) => chain.pems[0],
        says: /does not know, Middle \(UNABLE_TO_GET_ISSUER_CERT_LOCALLY\)$/,
      },
    ],
    [
      "a chain of another authority than that of ca_file",
      {
        sent: ({ chain }) => pick(chain, 2, 1),
        trusted: ({ certificates }) => certificates.caPem,
        says: /does not know, Root \(/,
      },
    ],
    [
      "a chain of a private authority without ca_file",
      {
        sent: ({ chain }) => pick(chain, 2, 1, 0),
        trusted: () => undefined,
        says: /does not know, Root \(SELF_SIGNED_CERT_IN_CHAIN\)$/,
      },
    ],
    [
      "a self-signed certificate",
      {
        sent: ({ certificates }) => certificates.selfSigned,
        trusted: () => undefined,
        says: /is self-signed/,
      },
    ],
    [
      "one that has expired, with its date",
      {
        sent: ({ certificates }) => certificates.expired,
        trusted: ({ certificates }) => certificates.caPem,
        says: /expired on 2021-12-31/,
      },
    ],
    [
      "one from the future, with its date",
      {
        sent: ({ certificates }) => certificates.notYetValid,
        trusted: ({ certificates }) => certificates.caPem,
        says: /not valid before 2090-01-01T00:00:00Z/,
      },
    ],
    [
      "an issuer that is no authority",
      {
        sent: ({ mute }) => pick(mute, 2, 1),
        trusted: ({ mute }) => mute.pems[0],
        says: /signed by No CA, whose own certificate is not that of an authority/,
      },
    ],
    [
      "one that was issued for clients",
      {
        sent: ({ client }) => pick(client, 1),
        trusted: ({ client }) => client.pems[0],
        says: /was not issued for a TLS server/,
      },
    ],
    [
      "one for another name",
      {
        sent: ({ certificates }) => certificates.wrongName,
        trusted: ({ certificates }) => certificates.caPem,
        says: /is for other\.example\.com, 192\.0\.2\.7, not for that name$/,
      },
    ],
  ])("%s", async (_what, { sent, trusted, says }) => {
    const { direct, proxied, proxy, server } = await outcomes(sent(made), trusted(made));
    expect(direct.detail).toMatch(says);
    expect({ ...proxied, remedy: "" }).toEqual({ ...direct, remedy: "" });
    const inspected = `; if the proxy ${proxy} inspects TLS, the authority is the proxy's`;
    expect(proxied.remedy).toBe(
      direct.cause === "tls-untrusted" ? `${direct.remedy}${inspected}` : direct.remedy,
    );
    expect(server.requests).toEqual([]);
  });

  it("a certificate without a subjectAltName, which is accepted", async () => {
    const chain = await certificateChain([
      { name: "Root", extensions: [AUTHORITY] },
      { name: "cp.example.com", extensions: [] },
    ]);
    await using server: FaultyServer = await startFaultyServer({ tls: pick(chain, 1) });
    await using proxy = await startTestProxy({ targetPort: server.port });
    const options = { caPem: chain.pems[0], proxy: `http://${proxy.address}` };
    await using client = testClient(`https://${BEHIND}`, options);
    expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
    expect(client.certificate()).toMatchObject({ hasAlternativeNames: false });
  });
});
