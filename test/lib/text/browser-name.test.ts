import { describe, expect, it } from "vitest";
import { browserName } from "../../../src/lib/text/browser-name.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("the name of a browser", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36`, "Chrome on Linux"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/156.0.0.0 Safari/537.36`, "Chrome on Linux"],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`,
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
      "Safari on macOS",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
      "Safari on iOS",
    ],
    [
      `Mozilla/5.0 (Linux; Android 16; Pixel 10) ${WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36`,
      "Chrome on Android",
    ],
    [`Mozilla/5.0 (X11; CrOS x86_64) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36`, "Chrome on ChromeOS"],
    ["Mozilla/5.0 (X11; Linux x86_64) something", "A browser on Linux"],
  ])("is read from %s", (userAgent, name) => {
    expect(browserName(userAgent)).toBe(name);
  });

  it.each(["curl/8.14.1", "", "undici", "x".repeat(300), "MyChrome", "<img src=x>"])(
    "is unknown for %j",
    (userAgent) => {
      expect(browserName(userAgent)).toBeUndefined();
    },
  );
});
