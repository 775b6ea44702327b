import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { controlPlaneUrl } from "../../../../src/agent/config/schema/config-url.ts";
import { hostIn, meantUrl } from "../../../../src/agent/config/schema/meant-url.ts";
import { makeKey } from "../../../support/keys.ts";

describe("the URL that a wrong one means", () => {
  it.each([
    ["cp.fra.example:8443/executors", "https://cp.fra.example:8443"],
    ["cp.example.com:8443/executors/e_1?a=b#c", "https://cp.example.com:8443"],
    [" https://cp.example.com\u00a0", "https://cp.example.com"],
    ["HTTPS:/CP.example.com", "https://cp.example.com"],
    ["https//cp.example.com/api-keys", "https://cp.example.com"],
    ["htps://cp.example.com", "https://cp.example.com"],
    ["https:cp.example.com", "https://cp.example.com"],
    ["//cp.example.com/audit/", "https://cp.example.com"],
    ["https://https://cp.example.com", "https://cp.example.com"],
    ["https:\\\\cp.example.com\\executors", "https://cp.example.com"],
    ["cp:8443:8443", "https://cp:8443"],
    ["https://cp/:8443/graphql?q", "https://cp:8443"],
    ["cp:/8443", "https://cp:8443"],
    ["https:// cp.example.com :8443 /executors", "https://cp.example.com:8443"],
    ['"https://cp.example.com",', "https://cp.example.com"],
    ["https://cp.exa\u200bmple.com", "https://cp.example.com"],
    ["[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"],
    ["http://cp.example.com:3000/members", "https://cp.example.com:3000"],
    ["http://localhost:3000/executors?x", "http://localhost:3000"],
    ["cp.example.com/prefix", "https://cp.example.com/prefix"],
  ])("%s", (text, meant) => expect(meantUrl(text)).toBe(meant));

  it.each([
    ["a user name", "https://me@cp.example.com/executors"],
    ["a password", "me:secret@cp.example.com"],
    ["a password with a slash", "https://me:se/cret@cp.example.com"],
    ["a key", `cp.example.com/${makeKey()}`],
    ["a key that is cut by white space", `cp.example.com?exc\u200b_${makeKey().slice(4)}`],
    ["another scheme", "ftp://cp.example.com"],
    ["this host without a scheme", "localhost:3000"],
    ["the port of plain HTTP", "http://cp.example.com:80"],
    ["a name that may be this host", "http://cp.localhost?x"],
    ["two ports", "cp.example.com:8443:8444"],
    ["a port that is none", "cp.example.com:99999"],
    ["a number that may be a port", "cp.example.com/8443"],
    ["two hosts", "cp.example.com,b.example.com"],
    ["two words", "see cp.example.com"],
    ["an address that no server has", "0.0.0.0:3000/executors"],
    ["an address without brackets", "2001:db8::1"],
    ["nothing", ""],
    ["a long text", `cp.example.com/${"a/".repeat(2000)}`],
  ])("is not certain with %s", (_what, text) => expect(meantUrl(text)).toBeUndefined());

  it("is always one that is accepted as it is", () => {
    const part = fc.constantFrom(
      "https://",
      "http:/",
      "cp",
      ".",
      ":",
      "8443",
      "/",
      "?x",
      " ",
      "@",
      "\\",
      '"',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const meant = meantUrl(parts.join(""));
        expect(meant === undefined || controlPlaneUrl.parse(meant) === meant).toBe(true);
        expect(parts.includes("@") && meant !== undefined).toBe(false);
      }),
    );
  });
});

describe("the host that a URL means", () => {
  it.each([
    ["https://web-1.example.com:3000/x", "web-1.example.com"],
    ["web-1.example.com:3000", "web-1.example.com"],
    ["localhost:3000", "localhost"],
    ["https://[2001:db8::1]:80", "2001:db8::1"],
    ["10.0.0.0/24", undefined],
    ["me@web-1.example.com", undefined],
    ["web 1", undefined],
  ])("%s: %s", (text, host) => expect(hostIn(text)).toBe(host));
});
