import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proxyRoute } from "../../../../src/agent/sync/network/proxy-route.ts";
import { SHELL_PLACE } from "../../../../src/agent/sync/proxy/proxy-advice.ts";

const PROXY = "http://proxy.example.com:3128";

function routeOf(url: string, environment: NodeJS.ProcessEnv, proxy?: string) {
  const route = proxyRoute({ endpoint: new URL(url), proxy, environment });
  return route.kind === "proxy" ? route.proxy.host : route.kind;
}

describe("the proxy", () => {
  it.each<[NodeJS.ProcessEnv, string]>([
    [{}, "direct"],
    [{ HTTPS_PROXY: "" }, "direct"],
    [{ HTTPS_PROXY: "  " }, "direct"],
    [{ HTTPS_PROXY: PROXY }, "proxy.example.com:3128"],
    [{ HTTP_PROXY: PROXY }, "direct"],
    [{ http_proxy: PROXY }, "direct"],
    [{ ALL_PROXY: PROXY }, "proxy.example.com:3128"],
    [{ ALL_PROXY: "http://all:1", HTTPS_PROXY: "http://secure:1" }, "secure:1"],
    [{ ALL_PROXY: "socks5://proxy:1080" }, "unusable"],
    [{ HTTPS_PROXY: "http://proxy:3128 # corp" }, "unusable"],
    [{ HTTPS_PROXY: `"${PROXY}"` }, "proxy.example.com:3128"],
    [{ HTTPS_PROXY: ` '${PROXY}' ` }, "proxy.example.com:3128"],
    [{ HTTPS_PROXY: '""', ALL_PROXY: "http://all:1" }, "all:1"],
    [{ HTTPS_PROXY: "http://user:p%C3%A4ss@encoded:1" }, "encoded:1"],
    [{ HTTPS_PROXY: "http://user:a__B__c%C3%96@encoded:1" }, "encoded:1"],
    [{ HTTPS_PROXY: PROXY, no_proxy: "", NO_PROXY: "cp.example.com" }, "direct"],
    [{ HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:1" }, "lower:1"],
    [{ HTTPS_PROXY: "http://upper:1", https_proxy: "" }, "upper:1"],
    [{ HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:1" }, "secure:1"],
  ])("of %j is %s", (environment, expected) => {
    expect(routeOf("https://cp.example.com", environment)).toBe(expected);
  });

  it("of the configuration wins over the environment and over NO_PROXY", () => {
    const environment = { HTTPS_PROXY: PROXY, NO_PROXY: "*" };
    expect(routeOf("https://cp.example.com", environment, "http://own:1")).toBe("own:1");
  });

  it('is none with "none", whatever the environment says', () => {
    expect(routeOf("https://cp.example.com", { HTTPS_PROXY: PROXY }, "none")).toBe("direct");
  });

  it.each(["http://localhost:3000", "https://127.0.0.1", "https://127.9.9.9", "https://[::1]:3000"])(
    "is never used for %s",
    (url) => {
      expect(routeOf(url, { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY }, PROXY)).toBe("direct");
    },
  );
});

describe("NO_PROXY", () => {
  it.each([
    ["*", "https://cp.example.com"],
    ["cp.example.com", "https://cp.example.com"],
    ["CP.Example.com", "https://cp.example.com"],
    ["cp.example.com", "https://cp.example.com."],
    ["example.com", "https://cp.example.com"],
    [".example.com", "https://cp.example.com"],
    ["*.example.com", "https://cp.example.com"],
    [".example.com", "https://example.com"],
    ["a.example, cp.example.com", "https://cp.example.com"],
    ["a.example cp.example.com", "https://cp.example.com"],
    ["cp.example.com:443", "https://cp.example.com"],
    ["cp.example.com:8443", "https://cp.example.com:8443"],
    ["10.1.2.3", "https://10.1.2.3"],
    ["10.0.0.0/8", "https://10.1.2.3"],
    ["fd00::/8", "https://[fd00::1]"],
    ["[fd00::1]:443", "https://[fd00::1]"],
    ["2001:db8:0:0:0:0:0:1", "https://[2001:db8::1]"],
    ["2001:0DB8::1", "https://[2001:db8::1]"],
    ["[2001:0db8::0001]:8443", "https://[2001:db8::1]:8443"],
    ["[2001:db8::]/32", "https://[2001:db8::1]"],
    ["::ffff:192.0.2.1", "https://[::ffff:c000:201]"],
    ["192.0.2.*", "https://192.0.2.7"],
    ["192.*", "https://192.0.2.7"],
    ["192.0.2.", "https://192.0.2.7"],
    ["10.", "https://10.1.2.3"],
    ["https://cp.example.com", "https://cp.example.com"],
    ["https://cp.example.com/graphql", "https://cp.example.com"],
    ["https://user:pw@cp.example.com:443/", "https://cp.example.com"],
    ["cp.example.com/", "https://cp.example.com"],
    ["a.example;cp.example.com", "https://cp.example.com"],
    ["a.example|cp.example.com", "https://cp.example.com"],
    ['"a.example,cp.example.com"', "https://cp.example.com"],
    ["'cp.example.com'", "https://cp.example.com"],
    ["*example.com", "https://cp.example.com"],
    ["cp-*.example.com", "https://cp-1.example.com"],
    ["cp.example.com.", "https://cp.example.com"],
    ["a.example,cp.example.com # ours", "https://cp.example.com"],
    ["b\u00fccher.example", "https://cp.b\u00fccher.example"],
    [".b\u00fccher.example", "https://cp.xn--bcher-kva.example"],
  ])("%s excepts %s", (exceptions, url) => {
    expect(routeOf(url, { HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBe("direct");
    expect(routeOf(url, { HTTPS_PROXY: PROXY, no_proxy: exceptions })).toBe("direct");
  });

  it.each([
    ["", "https://cp.example.com"],
    ["ample.com", "https://cp.example.com"],
    ["example.org", "https://cp.example.com"],
    ["*.example.com", "https://example.com"],
    ["cp.example.com:8443", "https://cp.example.com"],
    ["10.0.0.0/8", "https://11.1.2.3"],
    ["10.0.0.0/99", "https://10.1.2.3"],
    ["10.0.0.0/", "https://10.1.2.3"],
    ["0.1.2.3", "https://10.1.2.3"],
    ["10.0.0.0/8", "https://[fd00::1]"],
    ["2001:db8::2", "https://[2001:db8::1]"],
    ["192.0.2.*", "https://192.0.20.1"],
    ["10.", "https://100.1.2.3"],
    ["https://cp.example.com:8443", "https://cp.example.com"],
    ["cp-*.example.com", "https://cp.example.com"],
    ["*b*b.example.com", "https://cp.example.com"],
    ["*.example.com", "https://cp.example.com.evil.test"],
    ["b\u00fccher.example", "https://cp.example.com"],
    ["~^cp", "https://cp.example.com"],
    ["cp..example.com", "https://cp.example.com"],
    ["a.example # and not cp.example.com", "https://cp.example.com"],
    ["# cp.example.com", "https://cp.example.com"],
  ])("%s does not except %s", (exceptions, url) => {
    expect(routeOf(url, { HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBe("proxy.example.com:3128");
  });
});

describe("any spelling of an IPv6 address", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const address = fc.array(group, { minLength: 8, maxLength: 8 });
  const full = (groups: readonly number[]) =>
    groups.map((one) => one.toString(16).padStart(4, "0").toUpperCase()).join(":");
  const short = (groups: readonly number[]) => new URL(`http://[${full(groups)}]`).hostname;

  it("excepts that address and no other", () => {
    fc.assert(
      fc.property(address, address, (own, other) => {
        const url = `https://${short(own)}`;
        const exceptions = (text: string) => ({ HTTPS_PROXY: PROXY, NO_PROXY: text });
        fc.pre(short(own) !== "[::1]");
        expect(routeOf(url, exceptions(full(own)))).toBe("direct");
        fc.pre(full(own) !== full(other));
        expect(routeOf(url, exceptions(full(other)))).toBe("proxy.example.com:3128");
      }),
    );
  });
});

describe("which setting decided", () => {
  const note = (environment: NodeJS.ProcessEnv, proxy?: string) => {
    const route = proxyRoute({ endpoint: new URL("https://cp.example.com"), proxy, environment });
    return route.kind === "unusable" ? route.problem : route.note;
  };

  it.each<[NodeJS.ProcessEnv, string | undefined]>([
    [{ https_proxy: PROXY }, "set in https_proxy (/etc/p.conf line 2)"],
    [
      { all_proxy: PROXY, NO_PROXY: "a.example" },
      "set in all_proxy; NO_PROXY (/etc/default/p line 4) is a.example, and no entry of it matches cp.example.com",
    ],
    [
      { https_proxy: PROXY, NO_PROXY: "*.example.com" },
      "NO_PROXY (/etc/default/p line 4) excepts it from the proxy in https_proxy (/etc/p.conf line 2) (entry *.example.com)",
    ],
    [
      { http_proxy: PROXY },
      "http_proxy (/etc/p.conf line 3) is set, but it is for http:// alone: https:// needs HTTPS_PROXY",
    ],
    [
      { https_proxy: "http://p:1 # ours" },
      "the proxy in https_proxy (/etc/p.conf line 2) is not a URL, because what begins with # is part of the value, and no comment",
    ],
    [
      { https_proxy: "p:1" },
      "the proxy in https_proxy (/etc/p.conf line 2) does not begin with http:// or https://",
    ],
  ])("%j, with the place of the variable as far as it is known", (environment, text) => {
    const variablePlaces = new Map([
      ["https_proxy", "/etc/p.conf line 2"],
      ["http_proxy", "/etc/p.conf line 3"],
      ["NO_PROXY", "/etc/default/p line 4"],
    ]);
    const endpoint = new URL("https://cp.example.com");
    const route = proxyRoute({ endpoint, proxy: undefined, environment, variablePlaces });
    expect(route.kind === "unusable" ? route.problem : route.note).toBe(text);
  });

  it.each<[NodeJS.ProcessEnv, string | undefined]>([
    [{}, undefined],
    [{ https_proxy: PROXY }, "set in https_proxy"],
    [{ ALL_PROXY: PROXY }, "set in ALL_PROXY"],
    [{ HTTP_PROXY: PROXY }, "HTTP_PROXY is set, but it is for http:// alone: https:// needs HTTPS_PROXY"],
    [
      { HTTPS_PROXY: PROXY, NO_PROXY: "example.com" },
      "NO_PROXY excepts it from the proxy in HTTPS_PROXY (entry example.com)",
    ],
    [
      { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" },
      "set in HTTPS_PROXY; NO_PROXY is a.example, and no entry of it matches cp.example.com",
    ],
    [
      { HTTPS_PROXY: PROXY, no_proxy: "10.0.0.0/99" },
      "set in HTTPS_PROXY; no_proxy is 10.0.0.0/99, and no entry of it matches cp.example.com, and one is neither a name nor an address nor a range: 10.0.0.0/99",
    ],
    ...["$PROXY_URL", "http://$PROXY_HOST:3128", "http://{{ proxy }}:3128", "http://PROXY_HOST:3128"].map(
      (HTTPS_PROXY): [NodeJS.ProcessEnv, string] => [
        { HTTPS_PROXY },
        "the proxy in HTTPS_PROXY is a template that nothing has filled in",
      ],
    ),
    [
      { all_proxy: "socks5h://proxy:1080" },
      "the proxy in all_proxy is a SOCKS proxy, which the agent does not support",
    ],
  ])("of %j is said", (environment, sentence) => {
    expect(note(environment)).toBe(sentence);
  });

  it("is the configuration, if that names a proxy", () => {
    expect(note({ HTTPS_PROXY: PROXY }, "http://own:1")).toBe("set in control_plane.proxy");
  });

  it.each([
    "http://user:hunter2@proxy:99999",
    "http://user:hunter2@",
    "user:hunter2@proxy:3128",
    "//user:hunter2@proxy",
    "http://user:hunter2@pro xy:3128",
    "socks5://user:hunter2@proxy:1080",
    "ftp://user:hunter2@proxy",
    "http://user:hunter2%zz@proxy:3128",
    "http://user:hunter2@$PROXY_HOST:3128",
    "http://us%er:hunter2@proxy:3128",
  ])("that is no proxy is said without its password: %s", (proxy) => {
    for (const input of [
      { proxy, environment: {} },
      { proxy: undefined, environment: { HTTPS_PROXY: proxy } },
    ]) {
      const route = proxyRoute({ endpoint: new URL("https://cp.example.com"), ...input });
      expect(route.kind).toBe("unusable");
      expect(JSON.stringify(route)).not.toMatch(/hunter2/u);
    }
  });

  it("is said without the password of an entry", () => {
    const exempting = { HTTPS_PROXY: PROXY, NO_PROXY: "https://u:hunter2@cp.example.com" };
    expect(note(exempting)).toBe("NO_PROXY excepts it from the proxy in HTTPS_PROXY");
    expect(note({ ...exempting, NO_PROXY: "u:hunter2@:" })).not.toContain("hunter2");
  });
});

describe("an entry that is nearly the control plane's", () => {
  const shown = (NO_PROXY: string) => {
    const environment = { HTTPS_PROXY: PROXY, NO_PROXY };
    const route = proxyRoute({ endpoint: new URL("https://cp.fra.example"), proxy: undefined, environment });
    return route.kind === "proxy" ? route : undefined;
  };

  it.each<[list: string, written: string, meant: string]>([
    ["localhost,127.0.0.1,10.0.0.0/8,*.fra.exmaple", "*.fra.exmaple", "*.fra.example"],
    [".fra.exampel", ".fra.exampel", ".fra.example"],
    ["a.b.c.d, fra.exampl", "fra.exampl", "fra.example"],
    ["CP.Fra.Eaxmple", "CP.Fra.Eaxmple", "cp.fra.example"],
    ["cp.fra.example:8443", "cp.fra.example:8443", "cp.fra.example"],
    ["https://cp.fra.exampple/x", "https://cp.fra.exampple/x", "cp.fra.example"],
  ])("is named in %s, with what to write", (list, written, meant) => {
    const route = shown(list);
    expect(route?.note).toMatch(/; NO_PROXY is .*, and no entry of it matches cp\.fra\.example: /u);
    expect(route?.note).toContain(`: ${written} is nearly ${meant}`);
    expect(route?.without).toEqual({ clause: `correct ${written} to ${meant} in NO_PROXY`, run: undefined });
  });

  it.each([
    "db.fra.example",
    "cp1.fra.example",
    "*.ams.example",
    "example.org",
    "com",
    "10.0.0.1",
    "*.fra.example2",
    "*.*.exmaple",
    "x.cp.fra.exmaple",
  ])("is not the one of another host: %s", (list) => {
    expect(shown(list)?.note).toContain(`NO_PROXY is ${list}, and no entry of it matches cp.fra.example`);
    expect(shown(list)?.note).not.toContain("nearly");
    expect(shown(list)?.without).toMatchObject({ clause: expect.stringMatching(/^add it to NO_PROXY/u) });
  });

  it("ends a list that is long, and shows none that may hold a password", () => {
    const long = Array.from({ length: 40 }, (_, index) => `host${index}.test`).join(",");
    expect(shown(long)?.note).toMatch(/ is host0\.test,.*host9\.test and 30 more, and no entry/u);
    expect(shown(`http://u:hun,ter2@p.test,${"x".repeat(70)}`)?.note).not.toMatch(/hun|ter2/u);
    expect(shown(`${"x".repeat(70)},b.test`)?.note).toContain("is …,b.test, and");
    expect(shown("u:hunter2@cp.fra.exmaple")?.note).not.toContain("hunter2");
    expect(JSON.stringify(shown("u:hunter2@cp.fra.exmaple")?.without)).not.toContain("hunter2");
  });
});

describe("how to go without a proxy", () => {
  const NONE = 'set proxy = "none" under [control_plane] in agent.toml';
  it.each<[environment: NodeJS.ProcessEnv, proxy: string | undefined, clause: string]>([
    [{ HTTPS_PROXY: PROXY }, undefined, `add it to NO_PROXY where HTTPS_PROXY is set, or ${NONE}`],
    [{ all_proxy: PROXY }, undefined, `add it to NO_PROXY where all_proxy is set, or ${NONE}`],
    // The lower case counts where both are set: an entry of the other would change nothing.
    [
      { HTTPS_PROXY: PROXY, no_proxy: "a.example", NO_PROXY: "b.example" },
      undefined,
      `add it to no_proxy, or ${NONE}`,
    ],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, undefined, `add it to NO_PROXY, or ${NONE}`],
    // NO_PROXY does not hold for it.
    [{ NO_PROXY: "a.example" }, PROXY, NONE],
  ])("%j", (environment, proxy, clause) => {
    const endpoint = new URL("https://cp.example.com");
    expect(proxyRoute({ endpoint, proxy, environment })).toMatchObject({
      kind: "proxy",
      without: { clause },
    });
  });

  const PLACE = "/etc/systemd/system/novacula-agent.service.d/p.conf line 3";
  const RUN = /systemctl daemon-reload && (?:sudo )?novacula-agent restart$/u;

  it.each<[environment: NodeJS.ProcessEnv, clause: string]>([
    [{ HTTPS_PROXY: PROXY }, `${NONE}, or add it to NO_PROXY where HTTPS_PROXY is set`],
    [{ HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, `${NONE}, or add it to NO_PROXY (${PLACE})`],
    [
      { HTTPS_PROXY: PROXY, NO_PROXY: "*.exmaple.com" },
      `correct *.exmaple.com to *.example.com in NO_PROXY (${PLACE})`,
    ],
  ])("ends with the commands after which a change of the unit counts: %j", (environment, clause) => {
    const endpoint = new URL("https://cp.example.com");
    const routeAt = (place: string) =>
      proxyRoute({
        endpoint,
        proxy: undefined,
        environment,
        variablePlaces: new Map(["HTTPS_PROXY", "NO_PROXY"].map((name) => [name, place] as const)),
      });
    expect(routeAt(PLACE)).toMatchObject({ without: { clause, run: expect.stringMatching(RUN) } });
    expect(JSON.stringify(routeAt(SHELL_PLACE))).not.toMatch(/restart/u);
  });

  it.each(["socks5://p:1", "p:1", "http://", "http://$PROXY_HOST:1", "http://p:1 # x", "http://u%s:x@p:1"])(
    "a setting in the unit that is no proxy ends with them, too: %s",
    (HTTPS_PROXY) => {
      const route = (place: string) =>
        proxyRoute({
          endpoint: new URL("https://cp.example.com"),
          proxy: undefined,
          environment: { HTTPS_PROXY },
          variablePlaces: new Map([["HTTPS_PROXY", place]]),
        });
      expect(route(PLACE)).toMatchObject({ kind: "unusable", remedy: expect.stringMatching(RUN) });
      expect(route(SHELL_PLACE)).toMatchObject({ remedy: expect.not.stringMatching(/run:/u) });
    },
  );
});
