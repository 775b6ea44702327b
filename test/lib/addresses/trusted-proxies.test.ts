import { describe, expect, it } from "vitest";
import { forwardedAddress } from "../../../src/control-plane/http/client-address.ts";
import { parseTrustedProxies, type TrustedProxies } from "../../../src/lib/addresses/trusted-proxies.ts";

function trusting(text: string): TrustedProxies {
  const parsed = parseTrustedProxies(text);
  if ("problem" in parsed) {
    throw new Error(parsed.problem);
  }
  return parsed.found;
}

describe("TRUSTED_PROXIES", () => {
  it.each([
    ["192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8", "2001:db8::1"]],
    ["192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.1.255", "192.0.3.0"]],
    ["192.0.2.7/24", ["192.0.2.0", "192.0.2.255"], ["192.0.3.0"]],
    ["10.0.0.0/8 , 192.0.2.7/32", ["10.255.0.1", "192.0.2.7"], ["11.0.0.0", "192.0.2.6"]],
    ["2001:db8::/64", ["2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"], ["2001:db8:0:1::", "10.0.0.1"]],
    ["2001:DB8::7", ["2001:db8::7"], ["2001:db8::8"]],
    ["2001:db8::7/128", ["2001:db8::7"], ["2001:db8::6"]],
    ["::ffff:192.0.2.0/120", ["192.0.2.9"], ["192.0.3.9", "2001:db8::1"]],
    ["::ffff:c000:207", ["192.0.2.7"], ["192.0.2.6"]],
    ["fd00::/8", ["fd12:3456::1"], ["fe80::1"]],
    ["0.0.0.0/1", ["127.0.0.1"], ["128.0.0.1"]],
  ] as const)("%s has its addresses and no others", (text, inside, outside) => {
    const trusted = trusting(text);
    expect(inside.map((address) => [address, trusted.has(address)])).toEqual(
      inside.map((one) => [one, true]),
    );
    expect(outside.map((one) => [one, trusted.has(one)])).toEqual(outside.map((one) => [one, false]));
  });

  it.each([
    ["", "with one comma between them"],
    [",", "with one comma between them"],
    ["192.0.2.7,", "with one comma between them"],
    ["192.0.2.7,,192.0.2.8", "with one comma between them"],
    ["loopback", "loopback is no IP address"],
    ["lb.example.com", "names are not looked up"],
    ["192.0.2.7 192.0.2.8", "192.0.2.7 192.0.2.8 is no IP address"],
    ["192.0.2", "192.0.2 is no IP address"],
    ["192.0.2.007", "is no IP address"],
    ["192.0.2.7:80", "is no IP address"],
    ["[2001:db8::1]", "is no IP address"],
    ["fe80::1%eth0", "is no IP address"],
    ["192.0.2.0/24/24", "is no IP address"],
    ["/24", "is no IP address"],
    ["192.0.2.0/", "192.0.2.0/ needs a number from 1 to 32"],
    ["192.0.2.0/33", "needs a number from 1 to 32"],
    ["192.0.2.0/024", "needs a number from 1 to 32"],
    ["192.0.2.0/-1", "needs a number from 1 to 32"],
    ["192.0.2.0/255.255.255.0", "needs a number from 1 to 32"],
    ["192.0.2.0/2e1", "needs a number from 1 to 32"],
    ["2001:db8::/129", "needs a number from 1 to 128"],
    ["::ffff:192.0.2.0/24", "needs a number from 97 to 128"],
    ["0.0.0.0/0", "0.0.0.0/0 is everybody"],
    ["::/0", "::/0 is everybody"],
    ["::ffff:0:0/96", "is everybody"],
    ["::/64", "is everybody"],
    [Array(201).fill("192.0.2.7").join(), "at most 200 entries, not 201"],
    ["\u001b[2J", "is no IP address"],
  ])("refuses %j", (text, problem) => {
    const parsed = parseTrustedProxies(text);
    expect("problem" in parsed && parsed.problem).toContain(problem);
    expect(JSON.stringify(parsed)).not.toContain("\\u001b");
  });
});

describe("the client behind proxies", () => {
  const trusted = trusting("10.0.0.0/8,2001:db8:1::/64");
  const thousand = (entry: string) => Array(1000).fill(entry).join(", ");

  it.each([
    // What the nearest proxy that is not trusted, or the client itself, wrote before is not read.
    ["203.0.113.8", "203.0.113.8"],
    ["6.6.6.6, 203.0.113.8", "203.0.113.8"],
    ["10.0.0.9, 203.0.113.8", "203.0.113.8"],
    ["127.0.0.1, 203.0.113.8", "203.0.113.8"],
    ["6.6.6.6, 203.0.113.8, 10.0.0.9", "203.0.113.8"],
    ["6.6.6.6,203.0.113.8,2001:db8:1::9,10.0.0.9", "203.0.113.8"],
    [" 203.0.113.8:40001 ,\t10.0.0.9:443 ", "203.0.113.8"],
    ["[2001:db8::8]:443, [2001:DB8:1:0::9]:443", "2001:db8::8"],
    ["203.0.113.8, ::ffff:10.0.0.9", "203.0.113.8"],
    ["::ffff:203.0.113.8, [::ffff:a00:9]:1", "203.0.113.8"],
    ["fe80::8%eth0, 10.0.0.9", "fe80::8"],
    // All of them are proxies: the one that is furthest away.
    ["10.0.0.8, 10.0.0.9", "10.0.0.8"],
    // The nearest proxy that said something comprehensible.
    ["", "10.0.0.5"],
    [",", "10.0.0.5"],
    ["203.0.113.8,", "10.0.0.5"],
    ["unknown", "10.0.0.5"],
    ["203.0.113.8, unknown, 10.0.0.9", "10.0.0.9"],
    ["203.0.113.8, , 10.0.0.9", "10.0.0.9"],
    ["203.0.113.8:65536", "10.0.0.5"],
    ["203.0.113.8, 10.0.0.9:65536", "10.0.0.5"],
    ["203.0.113.8, 10.0.0.9:", "10.0.0.5"],
    ["203.0.113.8, 10.0.0.009", "10.0.0.5"],
    ['203.0.113.8, "10.0.0.9"', "10.0.0.5"],
    ["for=203.0.113.8", "10.0.0.5"],
    ["203.0.113.8\n10.0.0.9", "10.0.0.5"],
    // The loopback address of another host is not this one's.
    ["127.0.0.1", "10.0.0.5"],
    ["203.0.113.8, ::1", "10.0.0.5"],
    ["203.0.113.8, ::ffff:127.0.0.1, 10.0.0.9", "10.0.0.9"],
    [`${thousand("6.6.6.6")}, 203.0.113.8`, "203.0.113.8"],
    [`203.0.113.8, ${thousand("10.0.0.9")}`, "203.0.113.8"],
    [thousand("10.0.0.9"), "10.0.0.9"],
    [thousand(""), "10.0.0.5"],
    [`203.0.113.8, ${"9".repeat(16_000)}`, "10.0.0.5"],
    [`203.0.113.8, ${":1".repeat(8000)}`, "10.0.0.5"],
    [`${" ".repeat(16_000)}203.0.113.8`, "203.0.113.8"],
  ])("of %j is %s", (forwarded, address) => {
    expect(forwardedAddress(forwarded, "10.0.0.5", trusted)).toBe(address);
  });

  it.each([
    ["6.6.6.6, 203.0.113.8", "203.0.113.8"],
    ["203.0.113.8, 10.0.0.9", "203.0.113.8"],
    // Behind a program on this host that passes bytes on, clients choose what is further left.
    ["6.6.6.6, 127.0.0.1", "127.0.0.1"],
    ["203.0.113.8, 127.0.0.1, 10.0.0.9", "10.0.0.9"],
    ["unknown", "::1"],
  ])("of %j is %s if the proxy is on this host", (forwarded, address) => {
    expect(forwardedAddress(forwarded, "::1", trusted)).toBe(address);
  });

  it("is the last entry if no other host is trusted", () => {
    expect(forwardedAddress("203.0.113.8, 10.0.0.9", "127.0.0.1", undefined)).toBe("10.0.0.9");
  });
});
