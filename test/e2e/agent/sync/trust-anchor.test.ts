import { beforeAll, describe, expect, it } from "vitest";
import { startFaultyServer } from "../../../support/agent/faulty-server.ts";
import {
  AUTHORITY,
  type CertificateChain,
  certificateChain,
  type Link,
  SERVER,
} from "../../../support/certificate-chain.ts";
import { NEVER, SYNC_REQUEST, testClient } from "../../../support/control-plane/test-client.ts";

const ROOT: Link = { name: "Root", extensions: [AUTHORITY] };
const MIDDLE: Link = { name: "Middle", extensions: [AUTHORITY] };
const LEAF: Link = { name: "localhost", extensions: SERVER };
const [NAMES = ""] = SERVER;

/** What the agent says of a server that sends some certificates of a chain, and trusts others. */
async function outcomeOf(
  { pems, key }: CertificateChain,
  sent: readonly number[],
  trusted: readonly number[],
  more = "",
) {
  const pick = (indexes: readonly number[]) => indexes.map((index) => pems[index] ?? "").join("");
  await using server = await startFaultyServer({ tls: { cert: pick(sent), key } });
  await using client = testClient(server.url, { caPem: pick(trusted) + more });
  const outcome = await client.sync(SYNC_REQUEST, NEVER);
  return { outcome, requests: server.requests.length };
}

describe("a chain of three", () => {
  let chain: CertificateChain;
  let other: CertificateChain;
  beforeAll(async () => {
    chain = await certificateChain([ROOT, MIDDLE, LEAF]);
    other = await certificateChain([{ ...ROOT, name: "Other root" }]);
  });

  it.each([
    ["the root, and the whole chain is sent", [2, 1], [0]],
    ["the intermediate alone", [2, 1], [1]],
    ["the intermediate alone, and the root is sent too", [2, 1, 0], [1]],
    ["the intermediate, and the server's certificate is sent alone", [2], [1]],
    ["root and intermediate, and the server's certificate is sent alone", [2], [0, 1]],
    ["the server's own certificate", [2, 1], [2]],
    ["the server's own certificate, sent alone", [2], [2]],
  ])("is trusted if ca_file holds %s", async (_what, sent, trusted) => {
    const { outcome } = await outcomeOf(chain, sent, trusted);
    expect(outcome).toMatchObject({ kind: "accepted" });
  });

  it("is trusted if ca_file holds its intermediate beside another authority", async () => {
    const { outcome } = await outcomeOf(chain, [2, 1], [1], other.pems[0]);
    expect(outcome).toMatchObject({ kind: "accepted" });
  });

  it.each([
    ["the root, and the server sends only its own", [2], "Middle", /which it does not$/],
    ["nothing of it", [2, 1], "Root", /add the certificate of Root$/],
    ["nothing of it, and the root is sent", [2, 1, 0], "Root", /add the certificate of Root$/],
  ])(
    "is not trusted if ca_file holds %s; the missing issuer is named",
    async (_what, sent, issuer, remedy) => {
      const trusted = sent.length === 1 ? [0] : [];
      const { outcome, requests } = await outcomeOf(
        chain,
        sent,
        trusted,
        trusted.length === 0 ? other.pems[0] : "",
      );
      expect(outcome).toMatchObject({
        cause: "tls-untrusted",
        detail: expect.stringContaining(`that this host does not know, ${issuer} (`),
        remedy: expect.stringMatching(remedy),
      });
      expect(requests).toBe(0);
    },
  );
});

describe("an intermediate as anchor", () => {
  it("vouches for nothing that it did not sign", async () => {
    const chain = await certificateChain([ROOT, MIDDLE, LEAF]);
    const twin = await certificateChain([ROOT, MIDDLE, LEAF]);
    const { outcome } = await outcomeOf(chain, [2, 1], [], twin.pems[1]);
    expect(outcome).toMatchObject({ kind: "unreachable" });
  });

  it("does not make up for a certificate of another name", async () => {
    const elsewhere: Link = { name: "x", extensions: ["subjectAltName=DNS:other.example.com"] };
    const chain = await certificateChain([ROOT, MIDDLE, elsewhere]);
    for (const trusted of [[1], [2]]) {
      const { outcome } = await outcomeOf(chain, [2, 1], trusted);
      expect(outcome).toMatchObject({ cause: "tls-name-mismatch" });
    }
  });
});

describe("a chain with an authority that has expired", () => {
  it.each([
    ["the root, in ca_file", [2, 1], [0], { ...ROOT, isExpired: true }, MIDDLE, "Root", true],
    ["the intermediate, which is sent", [2, 1], [0], ROOT, { ...MIDDLE, isExpired: true }, "Middle", false],
    ["the intermediate, in ca_file", [2], [1], ROOT, { ...MIDDLE, isExpired: true }, "Middle", true],
  ])("%s: is named, with the place of it", async (_what, sent, trusted, root, middle, name, isOwn) => {
    const { outcome } = await outcomeOf(await certificateChain([root, middle, LEAF]), sent, trusted);
    expect(outcome).toMatchObject({
      cause: "tls-expired",
      detail: expect.stringMatching(
        new RegExp(`is signed by way of ${name}, whose own certificate expired on \\d{4}-`, "u"),
      ),
      remedy: expect.stringContaining(
        isOwn ? `replace the certificate of ${name} in control_plane.ca_file` : "and its chain",
      ),
    });
  });
});

it.each([
  ["a common name alone", [], false],
  ["a subjectAltName", SERVER, true],
])("the client knows whether a certificate has %s", async (_what, extensions, hasAlternativeNames) => {
  const chain = await certificateChain([ROOT, { name: "localhost", extensions }]);
  const [root = "", leaf = ""] = chain.pems;
  await using server = await startFaultyServer({ tls: { cert: leaf, key: chain.key } });
  const url = server.url.replace("127.0.0.1", "localhost");
  await using client = testClient(url, { caPem: root });
  expect(client.certificate()).toBeUndefined();
  expect(await client.sync(SYNC_REQUEST, NEVER)).toMatchObject({ kind: "accepted" });
  expect(client.certificate()).toMatchObject({ hasAlternativeNames });
});

describe("an authority that is none", () => {
  it.each<[string, Link, readonly number[], RegExp, string]>([
    [
      "a root with CA:FALSE",
      { name: "Bare root", extensions: ["basicConstraints=CA:false"] },
      [0],
      /is signed by Bare root, whose own certificate is not that of an authority \(no CA:TRUE\)/,
      "basicConstraints=CA:TRUE",
    ],
    [
      "an anchor for clients only",
      { name: "Client CA", extensions: [AUTHORITY, "extendedKeyUsage=clientAuth"] },
      [0],
      /is signed by Client CA, which may not certify TLS servers/,
      "extendedKeyUsage=serverAuth",
    ],
    [
      "a root whose key may not sign",
      { name: "Mute CA", extensions: [AUTHORITY, "keyUsage=digitalSignature"] },
      [0],
      /is signed by Mute CA, whose key usage does not allow it to sign certificates/,
      "keyUsage=keyCertSign",
    ],
  ])("%s", async (_what, authority, trusted, detail, needed) => {
    const chain = await certificateChain([authority, LEAF]);
    const { outcome } = await outcomeOf(chain, [1], trusted);
    expect(outcome).toMatchObject({
      cause: "tls-other",
      detail: expect.stringMatching(detail),
      remedy: expect.stringContaining(needed),
    });
  });

  it.each([
    ["without basic constraints", ["keyUsage=keyCertSign"], "INVALID_CA"],
    ["with CA:FALSE", ["basicConstraints=CA:false"], "INVALID_PURPOSE"],
  ])("an intermediate %s is named", async (_what, extensions, code) => {
    const chain = await certificateChain([ROOT, { name: "No CA", extensions }, LEAF]);
    const { outcome } = await outcomeOf(chain, [2, 1], [0]);
    expect(outcome).toMatchObject({ detail: expect.stringMatching(/is signed by No CA, .*no CA:TRUE/) });
    expect(outcome).toMatchObject({ detail: expect.stringContaining(code) });
  });

  it("is told from a server's certificate that is for clients", async () => {
    const chain = await certificateChain([
      ROOT,
      { name: "localhost", extensions: [NAMES, "extendedKeyUsage=clientAuth"] },
    ]);
    const { outcome } = await outcomeOf(chain, [1], [0]);
    expect(outcome).toMatchObject({
      detail: expect.stringMatching(/was not issued for a TLS server \(INVALID_PURPOSE\)$/),
      remedy: expect.stringContaining("extendedKeyUsage=serverAuth"),
    });
  });
});

it("the names in a chain cannot break the line", async () => {
  const chain = await certificateChain([
    { name: "Bad\\0a<0>panic", extensions: ["basicConstraints=CA:false"] },
    LEAF,
  ]);
  const { outcome } = await outcomeOf(chain, [1], [0]);
  expect(JSON.stringify(outcome)).not.toMatch(/\\n|\\u00/);
});
