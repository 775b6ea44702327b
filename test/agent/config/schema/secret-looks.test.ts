import { describe, expect, it } from "vitest";
import { looksSecret } from "../../../../src/agent/config/schema/secret-looks.ts";
import { makeKey } from "../../../support/keys.ts";

const K = makeKey();

describe("a text that is not echoed", () => {
  it.each([
    ["a key", K],
    ["a key in a text", `it is ${K}.`],
    ["the beginning of a key", K.slice(0, 7)],
    ["a key in upper case", K.toUpperCase()],
    ["a key with a hyphen", "exc-abc"],
    ["the letters of a key", K.slice(4)],
    ["a key of digits", "7".repeat(40)],
    ["half of a key", "aBcDeFgHiJkLmNoPqRsT"],
    ["a PEM block", "-----BEGIN PRIVATE KEY-----"],
    ["a password in a URL", "https://a:b@c"],
    ["a token in the query of a URL", "https://cp.example.com/?x=1&access_token=Sommer26"],
    ["a signature there", "https://cp.example.com/?Sig=abc"],
  ])("is %s", (_what, text) => {
    expect(looksSecret(text)).toBe(true);
  });

  it.each([
    "agent-1.example.com",
    "/var/lib/novacula",
    "/tmp/novacula-config-Qo0w0g/key",
    "https://cp.example.com:8443/a@b",
    "eu-central-1a-production-validator",
    "internationalizations",
    "https://cp.example.com/?page=2&size=9",
    "https://keys.example.com/token",
  ])("is not %s", (text) => {
    expect(looksSecret(text)).toBe(false);
  });
});
