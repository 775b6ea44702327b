import { describe, expect, it } from "vitest";
import { cookieNames, ownCookies } from "../../../../src/control-plane/people/sign-in/cookies.ts";
import { growth } from "../../../support/growth.ts";

const SESSION = "__Host-better-auth.session_token";
const NONE = { session: undefined, device: undefined };
const secure = cookieNames("https://cp.test");
const plain = cookieNames("http://localhost:3000");

describe("the cookies of a request", () => {
  it("are found by their exact names, and all others are ignored", () => {
    const cookie = `a=b; ${SESSION}=s1.x%3D; junk; =; __Host-novacula.device=d1;theme="dark;er"`;
    expect(ownCookies({ cookie }, secure)).toEqual({ session: "s1.x%3D", device: "d1" });
    expect(ownCookies({ cookie }, plain)).toEqual(NONE);
    expect(ownCookies({}, secure)).toEqual(NONE);
    const local = { cookie: "better-auth.session_token = s1 ; novacula.device=d=1" };
    expect(ownCookies(local, plain)).toEqual({ session: "s1", device: "d=1" });
  });

  it.each([
    "better-auth.session_token",
    "__Secure-better-auth.session_token",
    "__host-better-auth.session_token",
    "__HOST-better-auth.session_token",
    "__Host-better-auth.session_Token",
    "__Host-better-auth.session_token.0",
    "\u00a0__Host-better-auth.session_token",
    "__Host-better-auth.session_token\u0085",
    "\u000b__Host-better-auth.session_token",
    '"__Host-better-auth.session_token"',
    "$Version=1,__Host-better-auth.session_token",
    "__Host-better-auth%2Esession_token",
    "__Host-__Host-better-auth.session_token",
  ])("are ignored under the name %j", (name) => {
    expect(ownCookies({ cookie: `${name}=planted` }, secure)).toEqual(NONE);
    expect(ownCookies({ cookie: `${name}=planted; ${SESSION}=own` }, secure).session).toBe("own");
    expect(ownCookies({ cookie: `${SESSION}=own; ${name}=planted` }, secure).session).toBe("own");
  });

  it.each([
    ["twice", `${SESSION}=one; ${SESSION}=two`],
    ["twice with one value", `${SESSION}=one; ${SESSION}=one`],
    ["apart", `${SESSION}=one; a=b; c; ${SESSION}=two`],
    ["with spaces", `${SESSION}=one;\t ${SESSION} =two`],
    ["and empty", `${SESSION}=one; ${SESSION}=`],
    ["without a space", `${SESSION}=one;${SESSION}=two`],
    ["with an invalid value", `${SESSION}=one; ${SESSION}="x y"`],
    ["for the device", "__Host-novacula.device=one; __Host-novacula.device=two"],
  ])("are refused if a name occurs more than once: %s", (_what, cookie) => {
    expect(() => ownCookies({ cookie }, secure)).toThrow(/more than once.*delete the cookies/);
  });

  it.each(["", '"quoted"', "a b", "a,b", "a\\b", "a\u00e9", "x".repeat(1025)])(
    "are ignored with a value that we never set: %j",
    (value) => {
      expect(ownCookies({ cookie: `${SESSION}=${value}` }, secure)).toEqual(NONE);
    },
  );

  it.each([
    ["alone", (blanks: string) => `a;${blanks};b`],
    ["before no value", (blanks: string) => `a;${blanks}b`],
    ["in a name", (blanks: string) => `a${blanks}b=c`],
    ["around a value", (blanks: string) => `a=${blanks}b${blanks}`],
    ["around ours", (blanks: string) => `${blanks}${SESSION}${blanks}=${blanks}s1${blanks}`],
  ])("are read with work that grows with the number of blanks: %s", async (_what, cookie) => {
    const work = (size: number) => ownCookies({ cookie: cookie(" \t".repeat(size / 2)) }, secure);
    expect(await growth(work, 3000)).toBeLessThan(40);
  });
});
