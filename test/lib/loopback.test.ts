import { expect, it } from "vitest";
import { isLoopbackAddress, isLoopbackHost } from "../../src/lib/loopback.ts";

it.each([
  "localhost",
  "LOCALHOST",
  "127.0.0.1",
  "127.255.255.254",
  "[::1]",
  "::1",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
])("%s never leaves this machine", (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

it.each([
  "128.0.0.1",
  "0.0.0.0",
  "[::]",
  "[::2]",
  // Not in /etc/hosts: a DNS server is asked for it.
  "localhost.",
  "localhost.example.com",
  "[::ffff:128.0.0.1]",
  "::127.0.0.1",
  "127.0.0.1.example.com",
  "127.1",
  "",
])("%s may", (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});

// URL parsing is what turns the short and the numeric forms into the long one.
it.each(["http://127.1", "http://2130706433", "http://0x7f.1", "http://[0:0:0:0:0:0:0:1]"])(
  "%s is loopback once it is a URL",
  (url) => {
    expect(isLoopbackHost(new URL(url).hostname)).toBe(true);
  },
);

it("names are no addresses", () => {
  const texts = ["127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"];
  expect(texts.filter((text) => !isLoopbackAddress(text))).toEqual([]);
  const others = ["localhost", "[::1]", "::127.0.0.1", "12.7.0.1", "127.0.0.1:80", ""];
  expect(others.filter(isLoopbackAddress)).toEqual([]);
});
