import { describe, expect, it } from "vitest";
import { proxyRoute } from "../../../../src/agent/sync/network/proxy-route.ts";

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
    [{ HTTP_PROXY: PROXY }, "proxy.example.com:3128"],
    [{ HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:1" }, "lower:1"],
    [{ HTTPS_PROXY: "http://upper:1", https_proxy: "" }, "upper:1"],
    [{ HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:1" }, "secure:1"],
    [{ ALL_PROXY: PROXY }, "direct"],
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
  ])("%s does not except %s", (exceptions, url) => {
    expect(routeOf(url, { HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBe("proxy.example.com:3128");
  });
});
