import { expect, it } from "vitest";
import { isLoopbackHost } from "../../src/lib/loopback.ts";

it.each(["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.255.255.254", "[::1]", "::1"])(
  "%s never leaves this machine",
  (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  },
);

it.each([
  "128.0.0.1",
  "0.0.0.0",
  "[::]",
  "[::2]",
  "localhost.example.com",
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
