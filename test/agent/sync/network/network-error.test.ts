import { describe, expect, it } from "vitest";
import { nameSettingsOf } from "../../../../src/agent/sync/network/name-settings.ts";
import { type NetworkPlace, unreachableByNetwork } from "../../../../src/agent/sync/network/network-error.ts";
import { TunnelRefusal } from "../../../../src/agent/sync/network/tunnel.ts";
import { HOSTILE_TEXT } from "../../../support/agent/behaviours.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 21, 12);
const PLACE: NetworkPlace = {
  address: "cp.example.com:443",
  isTls: true,
  answerStatus: undefined,
  nowMs: NOW_MS,
  serverNowMs: undefined,
  certificate: undefined,
  caPem: undefined,
  proxyAddress: undefined,
  routeNote: undefined,
  isHandshaking: false,
  connectTimeoutMs: 5000,
  lookedUp: { name: "cp.example.com", proxySetting: undefined, limitMs: 7000 },
  nameSettings: undefined,
};

function failed(code: string, more: object = {}): Error {
  return Object.assign(new Error("exc_this-message-goes-nowhere"), { code, ...more });
}

it.each([
  ["ECONNREFUSED", "connection-refused", true],
  ["ECONNRESET", "connection-lost", false],
  ["EPIPE", "connection-lost", false],
  ["UND_ERR_SOCKET", "connection-lost", false],
  ["ETIMEDOUT", "timeout", true],
  ["UND_ERR_CONNECT_TIMEOUT", "timeout", true],
  ["EHOSTUNREACH", "network", true],
  ["ENETUNREACH", "network", true],
  ["EACCES", "network", true],
  ["EMFILE", "network", false],
  ["UND_ERR_HEADERS_OVERFLOW", "answer-too-large", true],
  ["HPE_INVALID_CONSTANT", "not-a-control-plane", true],
  ["CERT_REVOKED", "tls-other", true],
  ["EPROTO", "tls-other", true],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tls-other", true],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls-untrusted", true],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls-untrusted", true],
])("%s is %s", (code, cause, hasRemedy) => {
  const outcome = unreachableByNetwork(failed(code), PLACE);
  expect(outcome).toMatchObject({ kind: "unreachable", cause, slow: false, httpStatus: undefined });
  expect(outcome.detail).toContain("cp.example.com:443");
  expect(outcome.remedy !== undefined).toBe(hasRemedy);
  expect(JSON.stringify(outcome)).not.toContain("exc_");
});

describe("an error without a code", () => {
  it("of the HTTP parser is known by its name", () => {
    const error = new Error("Expected HTTP/");
    error.name = "HTTPParserError";
    expect(unreachableByNetwork(error, PLACE).cause).toBe("not-a-control-plane");
  });

  it("of several addresses is that of the first", () => {
    const error = new AggregateError([failed("ECONNREFUSED"), failed("ENETUNREACH")]);
    expect(unreachableByNetwork(error, PLACE).cause).toBe("connection-refused");
  });

  it("of an address that has a route says more than one of an address that has none", () => {
    for (const errors of [
      [failed("ENETUNREACH"), failed("ECONNREFUSED")],
      [failed("EADDRNOTAVAIL"), failed("ENETUNREACH"), failed("ECONNREFUSED")],
    ]) {
      // As Node makes it: with the code of the first.
      const error = Object.assign(new AggregateError(errors), { code: "ENETUNREACH" });
      expect(unreachableByNetwork(error, PLACE).cause).toBe("connection-refused");
    }
  });

  it("without a route names each address", () => {
    const errors = ["2001:db8::1", "192.0.2.1", "not-an-address\n"].map((address) =>
      failed("ENETUNREACH", { address }),
    );
    expect(unreachableByNetwork(new AggregateError(errors), PLACE)).toMatchObject({
      detail: "no route to cp.example.com:443, at 2001:db8::1 and 192.0.2.1 (ENETUNREACH)",
      remedy:
        "see with ip route get 2001:db8::1 what the network of this host lacks; if that shows a route, a firewall rejects the connection",
    });
  });

  it("is that of its cause", () => {
    expect(unreachableByNetwork(new Error("x", { cause: failed("EPIPE") }), PLACE).cause).toBe(
      "connection-lost",
    );
  });

  it("or that is none at all is still an outcome", () => {
    expect(unreachableByNetwork("exc_text", PLACE)).toMatchObject({
      cause: "network",
      detail: expect.stringContaining("unknown error"),
    });
  });
});

describe("the clock", () => {
  const valid = { fromMs: NOW_MS - DAY_MS, toMs: NOW_MS + DAY_MS };

  it("before this program's time is named instead of the certificate", () => {
    const place = { ...PLACE, nowMs: 0, certificate: valid };
    expect(unreachableByNetwork(failed("CERT_NOT_YET_VALID"), place)).toMatchObject({
      cause: "tls-not-yet-valid",
      detail: expect.stringMatching(/^this host's clock is wrong.*it says 1970-01-01T00:00:00Z$/),
      remedy: expect.stringContaining("set this host's clock"),
    });
  });

  it("far from the control plane's is named when the certificate is valid by that one", () => {
    const place = { ...PLACE, nowMs: NOW_MS + 900 * DAY_MS, serverNowMs: NOW_MS, certificate: valid };
    expect(unreachableByNetwork(failed("CERT_HAS_EXPIRED"), place)).toMatchObject({
      cause: "tls-expired",
      detail: expect.stringMatching(/^this host's clock is wrong.*the control plane's 2026-11-21T12:00:00Z$/),
    });
  });

  it("is not blamed for a certificate that has expired by the control plane's as well", () => {
    const certificate = { fromMs: NOW_MS - 90 * DAY_MS, toMs: NOW_MS - DAY_MS };
    const place = { ...PLACE, serverNowMs: NOW_MS, certificate };
    expect(unreachableByNetwork(failed("CERT_HAS_EXPIRED"), place).detail).toBe(
      "the certificate of cp.example.com:443 expired on 2026-11-20 (this host's clock says 2026-11-21)",
    );
  });

  const HOUR_MS = DAY_MS / 24;
  const EARLIER = "expired on 2026-11-20 (this host's clock says 2026-11-21)";
  it.each([
    [26 * HOUR_MS, EARLIER, ", or set this host's clock if 2026-11-21 is not today"],
    [
      4 * HOUR_MS,
      "expired at 2026-11-21T08:00:00Z (this host's clock says 2026-11-21T12:00:00Z)",
      ", or set this host's clock if it is not 2026-11-21T12:00:00Z now",
    ],
    [HOUR_MS / 2, "expired at 2026-11-21T11:30:00Z (this host's clock says 2026-11-21T12:00:00Z)", ""],
    [0, "expired at 2026-11-21T12:00:00Z (this host's clock says 2026-11-21T12:00:00Z)", ""],
  ])("of a certificate that expired %i ms ago: %s, remedy%s", (agoMs, since, clock) => {
    const ended = { fromMs: NOW_MS - 90 * DAY_MS, toMs: NOW_MS - agoMs };
    const of = (certificate: object) =>
      unreachableByNetwork(failed("CERT_HAS_EXPIRED"), {
        ...PLACE,
        certificate: { ...ended, ...certificate },
      });
    expect(of({})).toMatchObject({
      detail: `the certificate of cp.example.com:443 ${since}`,
      remedy: `renew the control plane's certificate${clock}`,
    });
    const link = { ...ended, issuer: "Root", isAuthority: true, servesTls: true, fingerprint: "AB" };
    const chain = [
      { ...link, name: "cp", toMs: NOW_MS + DAY_MS },
      { ...link, name: "Root" },
    ];
    expect(of({ toMs: NOW_MS + DAY_MS, chain })).toMatchObject({
      detail: `the certificate of cp.example.com:443 is signed by way of Root, whose own certificate ${since}`,
      remedy: `renew the control plane's certificate and its chain${clock}`,
    });
  });

  it.each([
    ["CERT_HAS_EXPIRED", -90, -1],
    ["CERT_NOT_YET_VALID", 1, 90],
  ])("that agrees with the control plane's is no remedy for %s", (code, fromDays, toDays) => {
    const certificate = { fromMs: NOW_MS + fromDays * DAY_MS, toMs: NOW_MS + toDays * DAY_MS };
    const remedyAt = (serverNowMs: number | undefined) => {
      const outcome = unreachableByNetwork(failed(code), { ...PLACE, serverNowMs, certificate });
      return outcome.remedy;
    };
    expect(remedyAt(undefined)).toContain("set this host's clock");
    expect(remedyAt(NOW_MS - 59_000)).toMatch(/control plane's certificate/);
    expect(remedyAt(NOW_MS - 59_000)).not.toContain("clock");
  });

  it("is not said to be before a certificate that has begun: its issuer has not", () => {
    const link = { ...valid, issuer: "Root", isAuthority: true, servesTls: true, fingerprint: "AB" };
    const root = { ...link, name: "Root", fromMs: NOW_MS + DAY_MS, toMs: NOW_MS + 2 * DAY_MS };
    const certificate = { ...valid, chain: [{ ...link, name: "cp" }, root] };
    const { detail } = unreachableByNetwork(failed("CERT_NOT_YET_VALID"), { ...PLACE, certificate });
    expect(detail).toBe(
      "the certificate of cp.example.com:443 is signed by way of Root, whose own certificate is not valid before 2026-11-22T12:00:00Z, and this host's clock says 2026-11-21T12:00:00Z",
    );
  });

  it("an issuer that has expired is told from a leaf that has", () => {
    const place = { ...PLACE, certificate: valid };
    expect(unreachableByNetwork(failed("CERT_HAS_EXPIRED"), place).detail).toContain("in the chain of");
  });

  it("a certificate with unreadable dates is no trouble", () => {
    const place = { ...PLACE, certificate: { fromMs: Number.NaN, toMs: Number.NaN } };
    expect(unreachableByNetwork(failed("CERT_NOT_YET_VALID"), place).cause).toBe("tls-not-yet-valid");
  });
});

it.each([
  [
    { subjectaltname: "DNS:a.example, DNS:b.example, IP Address:192.0.2.1" },
    "is for a.example, b.example, 192.0.2.1,",
  ],
  [{ subjectaltname: `DNS:${HOSTILE_TEXT}` }, "is for bad <0>panic MAINPID=1 STOPPING=1"],
  [{ subjectaltname: undefined }, "names no host"],
  [{}, "names no host"],
  [undefined, "names no host"],
])("a certificate for %j is said to be so", (cert, words) => {
  const { detail } = unreachableByNetwork(failed("ERR_TLS_CERT_ALTNAME_INVALID", { cert }), PLACE);
  expect(detail).toContain(words);
  expect(detail).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it("a connection that is lost in plain HTTP may have met TLS", () => {
  const remedy = (isTls: boolean) =>
    unreachableByNetwork(failed("UND_ERR_SOCKET"), { ...PLACE, isTls }).remedy;
  expect(remedy(false)).toContain("https://");
  expect(remedy(true)).toBeUndefined();
});

describe("a host that may need a proxy", () => {
  const routeNote = "HTTP_PROXY is set, but it is for http:// alone: https:// needs HTTPS_PROXY";

  it.each(["ENOTFOUND", "ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "ENETUNREACH"])(
    "is told which setting keeps it from one: %s",
    (code) => {
      const nothing = { state: "missing", text: "" } as const;
      const files = { nsswitch: nothing, resolv: nothing, hosts: nothing, hasResolved: false };
      const nameSettings = code === "ENOTFOUND" ? nameSettingsOf(files) : undefined;
      const place = { ...PLACE, nameSettings };
      expect(unreachableByNetwork(failed(code), { ...place, routeNote }).remedy).toContain(routeNote);
      expect(unreachableByNetwork(failed(code), place).remedy ?? "").not.toContain("proxy");
    },
  );

  it("is not told so of a connection that got through", () => {
    expect(unreachableByNetwork(failed("ECONNRESET"), { ...PLACE, routeNote }).remedy).toBeUndefined();
  });
});

describe("a proxy that refuses the control plane", () => {
  const refused = (withoutProxy: NetworkPlace["withoutProxy"]) =>
    unreachableByNetwork(new TunnelRefusal(403), {
      ...PLACE,
      proxyAddress: "proxy.example.com:3128",
      withoutProxy,
    }).remedy;

  it.each<[what: string, advice: NetworkPlace["withoutProxy"], remedy: string]>([
    ["nothing else is known", undefined, "check the rules of the proxy"],
    ["it may need none", { clause: "W", isSure: false }, "check the rules of the proxy; W"],
    [
      "its exceptions are in the unit",
      { clause: "W", isSure: false, run: "R" },
      "check the rules of the proxy; W, then run: R",
    ],
    ["it is this host", { clause: "W", isSure: true, run: "R" }, "W, then run: R"],
  ])("%s", (_what, advice, remedy) => {
    expect(refused(advice)).toBe(remedy);
  });
});
