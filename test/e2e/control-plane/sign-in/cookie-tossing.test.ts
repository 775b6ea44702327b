import { describe, expect, it } from "vitest";
import { testCertificates } from "../../../support/certificates.ts";
import { type Browser, startPeopleServer } from "../../../support/control-plane/people.ts";
import { freePort } from "../../../support/free-port.ts";

const PASSWORD = "everybody's password in tests";
const VIEWER = "{ viewer { user { email } } }";
const SESSION = "__Host-better-auth.session_token";

/** The control plane with https, and a way to open browsers that trust its certificate. */
async function startWithTls() {
  const { caPem, good } = await testCertificates();
  const port = await freePort();
  return startPeopleServer({ origin: `https://127.0.0.1:${port}`, port, tls: good, ca: caPem });
}

function cookieValue(browser: Browser, name = SESSION): string {
  const cookie = (browser.cookie ?? "").split("; ").find((pair) => pair.startsWith(`${name}=`));
  return cookie?.slice(name.length + 1) ?? "";
}

function viewer(email: string | null) {
  return { viewer: email === null ? null : { user: { email } } };
}

describe("with https", () => {
  it("no other host under the same domain can set any of the cookies", async () => {
    const server = await startWithTls();
    const browser = await server.signedIn("owner");
    const answer = await browser.signIn(browser.email, PASSWORD);
    const set = [answer.headers["set-cookie"] ?? []].flat();
    expect(set.map((cookie) => cookie.split("=", 1)[0]).sort()).toEqual([SESSION, "__Host-novacula.device"]);
    for (const cookie of set) {
      for (const attribute of ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"]) {
        expect(cookie.split("; ")).toContain(attribute);
      }
      expect(cookie).not.toMatch(/domain=/i);
    }
    const out = await browser.post("/sign-out", {});
    for (const cookie of [out.headers["set-cookie"] ?? []].flat()) {
      expect(cookie).toMatch(/^__Host-.*; Path=\/;.*Secure/);
    }
    expect(cookieValue(browser)).toBe("");
  });

  it("a session cookie under another name is ignored, and the owner's own still counts", async () => {
    const server = await startWithTls();
    const [owner, thief] = [await server.signedIn("owner"), await server.signedIn("member")];
    const { email } = owner;
    const [own, planted] = [cookieValue(owner), cookieValue(thief)];
    const stranger = server.browser();
    for (const name of [
      "__Secure-better-auth.session_token",
      "better-auth.session_token",
      "__host-better-auth.session_token",
      "__Secure-__Host-better-auth.session_token",
      " \u00a0__Host-better-auth.session_token",
      "session_token",
    ]) {
      const alone = { cookie: `${name}=${planted}` };
      expect((await stranger.graphql(VIEWER, {}, alone)).data).toEqual(viewer(null));
      expect((await stranger.get("/api/auth/get-session", alone)).text).toBe("null");
      for (const cookie of [
        `${name}=${planted}; ${SESSION}=${own}`,
        `${SESSION}=${own}; ${name}=${planted}`,
        `${name}=${planted};${name}=${planted};${SESSION}=${own}`,
      ]) {
        expect((await stranger.graphql(VIEWER, {}, { cookie })).data).toEqual(viewer(email));
        expect((await stranger.get("/api/auth/get-session", { cookie })).text).toContain(email);
      }
    }
  });

  it("every request that carries one of our cookies twice is refused", async () => {
    const server = await startWithTls();
    const [owner, thief] = [await server.signedIn("owner"), await server.signedIn("member")];
    const { email } = owner;
    const [own, planted] = [cookieValue(owner), cookieValue(thief)];
    const stranger = server.browser();
    for (const cookie of [
      `${SESSION}=${planted}; ${SESSION}=${own}`,
      `${SESSION}=${own};${SESSION}=${planted}`,
      `${SESSION}=${own}; a=b; ${SESSION}=`,
      `${SESSION}=${own}; ${SESSION} =${planted}`,
      "__Host-novacula.device=a; __Host-novacula.device=b",
    ]) {
      const answers = [
        await stranger.graphql(VIEWER, {}, { cookie }),
        await stranger.get("/api/auth/get-session", { cookie }),
        await stranger.post("/sign-out", {}, { cookie }),
        await stranger.post("/sign-in/email", { email, password: PASSWORD }, { cookie }),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
        expect(answer.message).toMatch(/more than once.*delete the cookies of this site/);
      }
    }
    const kept = await stranger.graphql(VIEWER, {}, { cookie: `${SESSION}=${own}` });
    expect(kept.data).toEqual(viewer(email));
  });
});

it("without TLS, on localhost, the names are plain, and a cookie that occurs twice is refused", async () => {
  const server = await startPeopleServer();
  const owner = await server.signedIn("owner");
  const own = cookieValue(owner, "better-auth.session_token");
  const twice = { cookie: `better-auth.session_token=x; better-auth.session_token=${own}` };
  expect((await server.browser().graphql(VIEWER, {}, twice)).status).toBe(401);
  const secure = { cookie: `__Host-better-auth.session_token=${own}` };
  expect((await server.browser().graphql(VIEWER, {}, secure)).data).toEqual(viewer(null));
});
