import { describe, expect, it } from "vitest";
import { ownLineInHosts } from "../../../../src/agent/sync/network/hosts-file.ts";
import { isNameError, unreachableByName } from "../../../../src/agent/sync/network/name-error.ts";
import { nameSettingsOf } from "../../../../src/agent/sync/network/name-settings.ts";
import { type ProxyAdvice, proxyAdvice } from "../../../../src/agent/sync/proxy/proxy-advice.ts";
import { HOSTILE_TEXT } from "../../../support/agent/behaviours.ts";

const NAME = "cp.corp.test";
const UNFINISHED = "lookup-unfinished";

interface Host {
  readonly nsswitch?: string;
  readonly resolv?: string | "denied" | "missing";
  readonly hosts?: string | "denied";
  readonly hasResolved?: boolean;
}

function file(text: string) {
  return text === "denied" || text === "missing"
    ? ({ state: text, text: "" } as const)
    : ({ state: "read", text } as const);
}

function outcome(
  code: string,
  host: Host = {},
  {
    name = NAME,
    ...proxy
  }: { readonly proxySetting?: string; readonly withoutProxy?: ProxyAdvice; readonly name?: string } = {},
) {
  const settings = nameSettingsOf({
    nsswitch: file(host.nsswitch ?? "hosts: files dns\n"),
    resolv: file(host.resolv ?? "nameserver 10.0.0.2\n"),
    hosts: file(host.hosts ?? "127.0.0.1 localhost\n"),
    hasResolved: host.hasResolved ?? false,
  });
  return unreachableByName(code, { name, proxySetting: undefined, ...proxy, limitMs: 7000 }, settings);
}

const ADDED = "/etc/nsswitch.conf";

describe("a look-up that failed", () => {
  it.each([
    [
      UNFINISHED,
      `the look-up of the name ${NAME} takes longer than 7 s, asking DNS server 10.0.0.2 (/etc/resolv.conf)`,
    ],
    ["ENOTFOUND", `no host has the name ${NAME}: asked DNS server 10.0.0.2 (/etc/resolv.conf) (ENOTFOUND)`],
    [
      "EAI_AGAIN",
      `the name ${NAME} could not be looked up: no usable answer from DNS server 10.0.0.2 (/etc/resolv.conf) (EAI_AGAIN)`,
    ],
    [
      "EAI_FAIL",
      `the name ${NAME} could not be looked up: no usable answer from DNS server 10.0.0.2 (/etc/resolv.conf) (EAI_FAIL)`,
    ],
  ])("%s", (code, detail) => {
    expect(isNameError(code)).toBe(true);
    expect(outcome(code)).toMatchObject({ kind: "unreachable", cause: "dns", detail });
    expect(outcome(code).remedy).toMatch(new RegExp(`, run: getent hosts ${NAME}$`, "u"));
  });

  it("of a proxy's name is said to be that", () => {
    expect(outcome("ENOTFOUND", {}, { proxySetting: "all_proxy", name: "proxy.corp.test" })).toMatchObject({
      cause: "dns",
      detail: expect.stringContaining("no host has the name proxy.corp.test of the proxy"),
      remedy: expect.stringMatching(
        /^check the name in all_proxy\. .*, run: getent hosts proxy\.corp\.test$/u,
      ),
    });
  });

  it("of a proxy's name names the variable, and says how to go without the proxy", () => {
    const found = outcome(
      "ENOTFOUND",
      {},
      {
        proxySetting: "HTTPS_PROXY (/etc/x.conf line 2)",
        withoutProxy: { clause: "if cp needs none, do so", isSure: false },
        name: "proxy.corp.test",
      },
    );
    expect(found.detail).toContain("no host has the name proxy.corp.test of the proxy in HTTPS_PROXY: asked");
    expect(found.remedy).toMatch(
      /^check the name in HTTPS_PROXY \(\/etc\/x\.conf line 2\); if cp needs none, do so\. .*, run: \S+ hosts \S+$/u,
    );
  });

  it.each([
    ["10.0.0.3 cp.corp.test", "if cp.corp.test needs no proxy, do so"],
    ["# 127.0.0.1 cp.corp.test", "if cp.corp.test needs no proxy, do so"],
    ["127.0.0.1 localhost", "if cp.corp.test needs no proxy, do so"],
    [
      "127.0.1.1 web CP.corp.test",
      "cp.corp.test is this host (127.0.1.1, /etc/hosts line 2) and needs no proxy: do so",
    ],
    [
      "10.0.0.9 cp.corp.test",
      "cp.corp.test is this host (10.0.0.9, /etc/hosts line 2) and needs no proxy: do so",
    ],
    ["::1 cp.corp.test", "cp.corp.test is this host (::1, /etc/hosts line 2) and needs no proxy: do so"],
  ])("tells whether the control plane is this host: %s", (line, advice) => {
    const own = ownLineInHosts(`10.0.0.1 other\n${line}\n`, NAME, ["10.0.0.9"]);
    expect(proxyAdvice(NAME, { clause: "do so" }, own)).toMatchObject({ clause: advice });
  });

  it.each([
    [false, "check the name in all_proxy; W; a change of the unit counts after R. To see"],
    [true, "W; check the name in all_proxy; a change of the unit counts after R. To see"],
  ])("says first what is sure, and how a change of the unit counts: %s", (isSure, words) => {
    const withoutProxy = { clause: "W", run: "R", isSure };
    expect(outcome("ENOTFOUND", {}, { proxySetting: "all_proxy", withoutProxy }).remedy).toContain(words);
  });

  it.each(["EBUSY", "EMFILE", "ENOMEM"])("%s of getaddrinfo, which is no fault of DNS", (code) => {
    const error = Object.assign(new Error("x"), { code, syscall: "getaddrinfo" });
    expect(isNameError(code, error)).toBe(true);
    expect(isNameError("ProxyFault", new Error("x", { cause: error }))).toBe(true);
    expect(isNameError(code, Object.assign(new Error("x"), { code, syscall: "connect" }))).toBe(false);
    expect(outcome(code).detail).toBe(
      `the name ${NAME} could not be looked up: this host failed while it asked DNS server 10.0.0.2 (/etc/resolv.conf) (${code})`,
    );
  });

  it("codes of connections are no errors of names", () => {
    for (const code of ["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH"]) {
      expect(isNameError(code)).toBe(false);
    }
  });
});

describe("who was asked", () => {
  it.each<[name: string, host: Host, words: string]>([
    [
      "three servers, as the C library asks no more, and search domains",
      {
        resolv:
          "# by dhcp\nsearch a.test b.test c.test\noptions ndots:5\nnameserver 10.0.0.2\nnameserver\t10.0.0.3\nnameserver fe80::1%eth0\nnameserver 10.0.0.5\n",
      },
      "DNS servers 10.0.0.2, 10.0.0.3, fe80::1%eth0 (/etc/resolv.conf) with 3 search domains",
    ],
    [
      "the last search line counts",
      { resolv: "domain a.test\nnameserver 10.0.0.2\nsearch b.test c.test\n" },
      "2 search",
    ],
    [
      "a file without a server",
      { resolv: "search a.test\n" },
      "on this host, because /etc/resolv.conf names no server",
    ],
    [
      "a commented server",
      { resolv: "#nameserver 10.0.0.2\n" },
      "on this host, because /etc/resolv.conf names no server",
    ],
    ["no file", { resolv: "missing" }, "on this host, because there is no /etc/resolv.conf"],
    ["a file for root alone", { resolv: "denied" }, "because this user may not read /etc/resolv.conf"],
    ["the stub of systemd-resolved", { resolv: "nameserver 127.0.0.53\n" }, "systemd-resolved"],
    [
      "the module of systemd-resolved",
      { nsswitch: "hosts: mymachines resolve [!UNAVAIL=return] files dns\n", hasResolved: true },
      "systemd-resolved",
    ],
    [
      "its module, while it does not run",
      { nsswitch: "hosts: mymachines resolve [!UNAVAIL=return] files dns\n" },
      "DNS server 10.0.0.2",
    ],
    ["DNS is left out", { nsswitch: "passwd: files\nhosts: files # dns\n" }, "DNS is not asked"],
    ["no nsswitch.conf", { nsswitch: "missing" }, "DNS server 10.0.0.2"],
    [
      "a line that ends at /etc/hosts",
      { nsswitch: "hosts: files [NOTFOUND=return] dns\n" },
      "is not in /etc/hosts, and DNS is not asked",
    ],
    [
      "a line that ends at /etc/hosts in other words",
      { nsswitch: "hosts: files [TRYAGAIN=continue !success=RETURN] resolve dns\n", hasResolved: true },
      "is not in /etc/hosts, and DNS is not asked",
    ],
    [
      "a line that may end at mDNS",
      { nsswitch: "hosts: files mdns4_minimal [NOTFOUND=return] dns\n" },
      "DNS server 10.0.0.2",
    ],
    [
      "a server with a port alone, which the C library ignores",
      { resolv: "nameserver 10.0.0.2:53\n" },
      "a DNS server on this host, because /etc/resolv.conf names 10.0.0.2:53, which is not an IP address",
    ],
    [
      "servers by name and by URL beside a good one",
      { resolv: "nameserver dns.corp\nnameserver tls://10.0.0.3\nnameserver 10.0.0.4 # the old one\n" },
      "DNS server 10.0.0.4 (/etc/resolv.conf), and not dns.corp, tls://10.0.0.3, which is not an IP address",
    ],
    [
      "a fourth server that is good, behind ignored ones",
      { resolv: "nameserver a\nnameserver b\nnameserver c\nnameserver 10.0.0.9;x\n" },
      "DNS server 10.0.0.9 (/etc/resolv.conf)",
    ],
  ])("%s", (_name, host, words) => {
    expect(outcome("EAI_AGAIN", host).detail).toContain(words);
  });

  it("an ignored server has a remedy of its own", () => {
    expect(outcome("EAI_AGAIN", { resolv: "nameserver 10.0.0.2:53\n" }).remedy).toBe(
      "write each nameserver in /etc/resolv.conf as an IP address, without a name or a port",
    );
  });

  it.each([
    [
      "passwd: files\nhosts: files\n",
      `the name ${NAME} is not in /etc/hosts, and DNS is not asked: "hosts:" in line 2 of /etc/nsswitch.conf does not have dns (ENOTFOUND)`,
      "hosts: files dns",
    ],
    [
      "hosts: files [NOTFOUND=return] myhostname dns\n",
      `the name ${NAME} is not in /etc/hosts, and DNS is not asked: "hosts:" in line 1 of /etc/nsswitch.conf ends at files [NOTFOUND=return] (ENOTFOUND)`,
      "hosts: files myhostname dns",
    ],
    [
      "hosts: myhostname\n",
      `neither /etc/hosts nor DNS is asked for the name ${NAME}: "hosts:" in line 1 of /etc/nsswitch.conf has neither files nor dns (ENOTFOUND)`,
      "hosts: files myhostname dns",
    ],
  ])("a host that asks no DNS has the line that asks it: %j", (nsswitch, detail, line) => {
    const found = outcome("ENOTFOUND", { nsswitch });
    expect(found.detail).toBe(detail);
    expect(found.remedy).toMatch(
      new RegExp(`^write line \\d of /etc/nsswitch\\.conf as "${line}", or `, "u"),
    );
  });

  it("systemd-resolved has a command of its own", () => {
    expect(outcome("EAI_AGAIN", { resolv: "nameserver 127.0.0.53\n" }).remedy).toContain(
      `resolvectl query ${NAME}`,
    );
  });

  it("is printable, whatever the file holds", () => {
    const { detail } = outcome("EAI_AGAIN", { resolv: `nameserver ${HOSTILE_TEXT}\n` });
    expect(detail).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("/etc/hosts", () => {
  const GOOD = "127.0.0.1 localhost\n";
  it.each<[name: string, line: string, detail: string, remedy: string]>([
    [
      "letters swapped",
      "10.0.0.3 cp.crop.test",
      "the similar name cp.crop.test (line 2)",
      "or in control_plane.url",
    ],
    [
      "a letter missing",
      "10.0.0.3 web cp.crp.test",
      "the similar name cp.crp.test (line 2)",
      "correct the name",
    ],
    ["another domain", "10.0.0.3 cp.corp.example", "cp.corp.example (line 2)", "correct the name"],
    ["the name alone", "10.0.0.3 cp", "the similar name cp (line 2)", "correct the name"],
    ["a URL", "10.0.0.3 https://cp.corp.test/", "https://cp.corp.test/ (line 2)", "correct the name"],
    ["a port", "10.0.0.3 cp.corp.test:443", "cp.corp.test:443 (line 2)", "correct the name"],
    [
      "several",
      "10.0.0.3 cp cp1.corp.test web\n10.0.0.4 cp.corp",
      "names cp (line 2), cp1.corp.test (line 2), cp.corp (line 3)",
      "correct",
    ],
    ["a comment", "# 10.0.0.3 cp.corp.test", "line 2 has it behind a #", "remove the # in /etc/hosts line 2"],
    [
      "no address",
      "10.0.0.300 cp.corp.test",
      "line 2 begins with 10.0.0.300, which is not an IP address",
      "line 2 as an IP address",
    ],
    [
      "the wrong way round",
      "cp.corp.test 10.0.0.3",
      "line 2 begins with cp.corp.test, which is not",
      "write /etc/hosts line 2",
    ],
    ["a comma", "10.0.0.3,cp.corp.test", "line 2 begins with 10.0.0.3,cp.corp.test, which is not", "write"],
    ["capitals in a wrong line", "10.0.0 CP.Corp.Test", "line 2 begins with 10.0.0, which is not", "write"],
  ])("%s", (_name, line, detail, remedy) => {
    for (const code of ["ENOTFOUND", "EAI_AGAIN", UNFINISHED]) {
      const found = outcome(code, { hosts: `${GOOD}${line}\n` });
      expect(found.detail).toContain(detail);
      expect(found.remedy).toContain(remedy);
    }
  });

  it.each([
    ["an unlike name", "10.0.0.3 web.corp.test"],
    ["a sentence that mentions it", "# the old address of cp.corp.test was 10.0.0.3"],
    ["the right line", "10.0.0.3 cp.corp.test"],
    ["a longer domain alone", "10.0.0.3 corp.test"],
  ])("says nothing of %s", (_name, line) => {
    const found = outcome("ENOTFOUND", { hosts: `${GOOD}${line}\n` });
    expect(found.detail).not.toContain("/etc/hosts");
    expect(found.remedy).toContain("getent");
  });

  it("that this user may not read", () => {
    expect(outcome("ENOTFOUND", { hosts: "denied" })).toMatchObject({
      detail: expect.stringContaining("may not read /etc/hosts"),
      remedy: "to let everybody read it, run: sudo chmod a+r /etc/hosts",
    });
  });

  it("that is not asked, although it has the name", () => {
    const host = { nsswitch: "hosts: dns\n", hosts: `${GOOD}10.0.0.3 ${NAME}\n` };
    expect(outcome("ENOTFOUND", host)).toMatchObject({
      detail: expect.stringContaining("/etc/hosts has it and is not asked"),
      remedy: expect.stringContaining(ADDED),
    });
  });

  it.each([
    ["hosts: dns\n", "does not have files", 'line 1 of /etc/nsswitch.conf as "hosts: files dns"'],
    [
      "# by hand\npasswd: files\n hosts:\tmdns4_minimal   [NOTFOUND=return]  dns # x\n",
      "does not have files",
      'line 3 of /etc/nsswitch.conf as "hosts: files mdns4_minimal [NOTFOUND=return] dns"',
    ],
    [
      "hosts: dns [!UNAVAIL=return] files\n",
      "ends at dns [!UNAVAIL=return]",
      'line 1 of /etc/nsswitch.conf as "hosts: files dns"',
    ],
    [
      `hosts: dns ${HOSTILE_TEXT.replaceAll("\n", " ")}\n`,
      "does not have files",
      "add files to line 1 of /etc/nsswitch.conf (hosts: files dns",
    ],
  ])("that is not asked has the line to write: %j", (nsswitch, why, line) => {
    const found = outcome("ENOTFOUND", { nsswitch, hosts: `${GOOD}10.0.0.3 ${NAME}\n` });
    expect(found.detail).toContain(`"hosts:" in ${/line \d+/u.exec(line)} of /etc/nsswitch.conf ${why}`);
    expect(found.remedy).toContain(line);
    expect(found.remedy).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("with a hundred thousand names costs little, and a person's line above them is found", () => {
    const blocked = Array.from({ length: 100_000 }, (_, n) => `0.0.0.0 ads${n}.test`).join("\n");
    const { detail } = outcome("ENOTFOUND", { hosts: `10.0.0.3 cp.corp.tets\n${blocked}` });
    expect(detail).toContain("the similar name cp.corp.tets (line 1)");
  });
});
