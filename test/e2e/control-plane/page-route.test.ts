import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client, request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { embeddedPage, pageAssetsIn } from "../../../src/control-plane/page/page-assets.ts";
import { startServer } from "../../support/control-plane/control-plane-server.ts";
import { startPeopleServer } from "../../support/control-plane/people.ts";
import { tempDir } from "../../support/temp-dir.ts";

const PLACES = [
  "/",
  "/api-keys",
  "/executors",
  "/executors/abc",
  "/audit",
  "/audit?action=api_key.created",
  "/connect",
  "/members",
  "/invitation/abc",
  "/sign-in",
];
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

function builtPage(): string {
  const directory = join(tempDir(), "page");
  mkdirSync(join(directory, "assets"), { recursive: true });
  writeFileSync(join(directory, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(directory, "favicon.svg"), "<svg/>");
  writeFileSync(join(directory, "assets", "index-1a2b.js"), "let a;");
  return directory;
}

async function startWithPage(origin = "http://cp.test", directory = builtPage()) {
  const server = await startPeopleServer({ origin, pageAssets: pageAssetsIn(directory) });
  const client = new Client(server.url);
  onTestFinished(() => client.close());
  const ask = async (path: string, method: "GET" | "HEAD" | "POST" = "GET", headers = {}) => {
    // Not request(), which would normalize the path.
    const response = await client.request({ path, method, headers });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  };
  return { ...server, ask };
}

describe("the page", () => {
  it.each(PLACES)("is served at %s with all security headers", async (path) => {
    const { ask } = await startWithPage();
    const answer = await ask(path);
    expect(answer).toMatchObject({ status: 200, text: "<!doctype html><title>page</title>" });
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": CSP,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=()"),
    });
    expect(answer.headers).not.toHaveProperty("strict-transport-security");
  });

  it("asks browsers to stay on https if it is served over https", async () => {
    const { ask } = await startWithPage("https://cp.test");
    expect((await ask("/")).headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  it("sends the same headers with answers of /api/auth and /graphql, which are never cached", async () => {
    const { ask, url } = await startWithPage();
    const graphql = await request(`${url}/graphql`, {
      method: "POST",
      headers: { origin: "http://cp.test", "content-type": "application/json" },
      body: JSON.stringify({ query: "{ viewer { role } }" }),
    });
    await graphql.body.dump();
    for (const headers of [graphql.headers, (await ask("/api/auth/get-session")).headers]) {
      expect(headers).toMatchObject({
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });

  it("lets browsers cache assets for a year, and revalidate everything else", async () => {
    const { ask } = await startWithPage();
    const script = await ask("/assets/index-1a2b.js");
    expect(script).toMatchObject({ status: 200, text: "let a;" });
    expect(script.headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
    const icon = await ask("/favicon.svg");
    expect(icon.headers).toMatchObject({ "content-type": "image/svg+xml", "cache-control": "no-cache" });
    expect(await ask("/", "GET", { "if-none-match": (await ask("/")).headers["etag"] })).toMatchObject({
      status: 304,
      text: "",
    });
    expect(await ask("/", "HEAD")).toMatchObject({ status: 200, text: "" });
    expect((await ask("/", "POST")).status).toBe(405);
  });

  it.each([
    "/assets/none.js",
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/../../etc/passwd",
    "/..%2f..%2fetc/passwd",
    "//etc/passwd",
    "/executors/a/b",
    "/constructor",
    "/__proto__",
    "/index.html/",
  ])("has nothing at %s", async (path) => {
    const { ask } = await startWithPage();
    expect(await ask(path)).toMatchObject({ status: 404 });
  });

  it('shows its own "not found" to a person who followed a wrong link', async () => {
    const { ask } = await startWithPage();
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (const path of ["/nowhere", "/executors/a/b", "/index.html/", "//etc/passwd"]) {
      const answer = await ask(path, "GET", { accept });
      expect(answer, path).toMatchObject({ status: 404, text: "<!doctype html><title>page</title>" });
      expect(answer.headers).toMatchObject({
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": CSP,
      });
      expect(await ask(path, "HEAD", { accept })).toMatchObject({ status: 404, text: "" });
      expect((await ask(path, "POST", { accept })).headers["content-type"]).toMatch(/^application\/json/);
      expect((await ask(path, "GET", { accept: "*/*" })).headers["content-type"]).toMatch(
        /^application\/json/,
      );
    }
    expect(await ask("/healthz", "GET", { accept })).toMatchObject({
      status: 200,
      text: expect.stringMatching(/^\{"status":"ok"/),
    });
    expect(await ask("/graphql", "GET", { accept })).toMatchObject({ status: 405 });
  });

  it.each([
    [undefined, undefined],
    ["", undefined],
    ["identity", undefined],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate", "gzip"],
    ["br;q=0, gzip;q=0.1", "gzip"],
    ["BR;Q=0.5", "br"],
    ["*", "br"],
    ["*;q=0, gzip", "gzip"],
    ["x-gzip", undefined],
    ["gzip;q=none", undefined],
    [`gzip,${"x".repeat(300)}`, undefined],
  ])("sends what the build compressed to who accepts %j", async (accepted, coding) => {
    const directory = builtPage();
    writeFileSync(join(directory, "assets", "index-1a2b.js.br"), "brotli");
    writeFileSync(join(directory, "assets", "index-1a2b.js.gz"), "gzipped");
    const { ask } = await startWithPage("http://cp.test", directory);
    const headers = accepted === undefined ? {} : { "accept-encoding": accepted };
    const script = await ask("/assets/index-1a2b.js", "GET", headers);
    const text = coding === "br" ? "brotli" : coding === "gzip" ? "gzipped" : "let a;";
    expect(script).toMatchObject({ status: 200, text });
    expect(script.headers["content-encoding"]).toBe(coding);
    expect(script.headers).toMatchObject({
      vary: "Accept-Encoding",
      "content-type": "text/javascript; charset=utf-8",
      "content-length": String(text.length),
      "cache-control": "public, max-age=31536000, immutable",
    });
    const etag = String(script.headers["etag"]);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      expect(await ask("/assets/index-1a2b.js", "GET", { ...headers, "if-none-match": known })).toMatchObject(
        {
          status: 304,
          text: "",
        },
      );
    }
    const tags = await Promise.all(
      ["br", "gzip", "identity"].map((each) =>
        ask("/assets/index-1a2b.js", "HEAD", { "accept-encoding": each }).then((one) => one.headers["etag"]),
      ),
    );
    expect(new Set(tags).size).toBe(3);
    // The compressed files have no address of their own.
    expect((await ask("/assets/index-1a2b.js.br")).status).toBe(404);
  });

  it("is the same if the program contains it", async () => {
    const page = embeddedPage({ "index.html": Buffer.from("<!doctype html>").toString("base64") });
    expect(page.find("index.html")).toMatchObject({ contentType: "text/html; charset=utf-8" });
    expect(page.find("index.html")?.plain.body.toString()).toBe("<!doctype html>");
    expect(page.find("assets/none.js")).toBeUndefined();
  });

  it("says how to build it, and is served as soon as it is built", async () => {
    const directory = builtPage();
    rmSync(directory, { recursive: true });
    const { ask } = await startWithPage("http://cp.test", directory);
    const answer = await ask("/api-keys");
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining("npm run build:page") });
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "index.html"), "built");
    expect(await ask("/api-keys")).toMatchObject({ status: 200, text: "built" });
  });
});

it("serves neither page nor sign-in if sign-in is not set up", async () => {
  const server = await startServer();
  for (const path of ["/", "/api-keys", "/assets/x.js", "/api/auth/get-session"]) {
    const response = await request(`${server.url}${path}`, { headers: { accept: "text/html" } });
    await response.body.dump();
    expect(response.headers["content-type"]).toMatch(/^application\/json/);
    expect(response.statusCode).toBe(404);
    expect(response.headers).not.toHaveProperty("content-security-policy");
  }
});
